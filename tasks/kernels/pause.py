"""`husk down` ends kernels that should run again at the next `up`: nothing is started in between."""

from __future__ import annotations

import contextlib

from broker_config.settings import Settings


class Pause:
    """A file beside the kernels' folders. The lifecycle worker removes it when it begins."""

    def __init__(self, settings: Settings) -> None:
        self._mark = settings.kernels_dir / ".paused"

    def begin(self) -> None:
        """From now on nothing is started."""
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        self._mark.touch()

    def end(self) -> None:
        """Kernels may start."""
        with contextlib.suppress(OSError):
            self._mark.unlink()

    def on(self) -> bool:
        """Whether starts are held back."""
        return self._mark.exists()
