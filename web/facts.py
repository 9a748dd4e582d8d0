"""What the runtime of kernels isolates here."""

from __future__ import annotations

import threading
from typing import Any

from broker_config.settings import Settings
from tasks.runtimes.process import ProcessRuntime


class Facts:
    """The runtime's facts, found once: that takes a tenth of a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None

    def get(self, settings: Settings) -> dict[str, Any]:
        """The facts."""
        with self._lock:
            if self._known is None:
                self._known = ProcessRuntime(settings).facts()
            return self._known
