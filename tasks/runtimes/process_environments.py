"""Environments of process kernels: virtualenvs in the data folder, which ``process_build`` makes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from broker_config.settings import Settings
from broker_config.wire.errors import NotAvailable
from tasks.environments import process_build
from tasks.environments.locks import DIGEST, Lock
from tasks.environments.question import Wanted
from tasks.environments.workplace import sweep


class ProcessEnvironments:
    """See ``base.Environments``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def has(self, digest: str) -> bool:
        """See ``base.Environments``."""
        return process_build.has(self._settings, digest)

    def build(self, lock: Lock, say: Callable[[str], None], cancelled: threading.Event) -> None:
        """See ``base.Environments``."""
        process_build.build(self._settings, lock, say, cancelled)

    def resolve(self, wanted: Wanted) -> Lock:
        """See ``base.Environments``: there is no place for it."""
        raise NotAvailable("source distributions are built for kernels in containers alone", "allow_sdist")

    def whole(self) -> set[str]:
        """See ``base.Environments``."""
        folder = self._settings.environments_dir
        names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        return {name for name in names if DIGEST.fullmatch(name) and self.has(name)}

    def sizes(self) -> dict[str, int]:
        """See ``base.Environments``."""
        return process_build.sizes(self._settings)

    def half_made(self) -> set[str]:
        """See ``base.Environments``: the system knows who is gone, so what they left is removed here."""
        if self._settings.environments_dir.is_dir():
            sweep(self._settings.environments_dir)
        return set()

    def clean(self, digest: str) -> None:
        """See ``base.Environments``."""

    def remove(self, digest: str) -> None:
        """See ``base.Environments``."""
        process_build.remove(self._settings, digest)

    def bound(self) -> None:
        """See ``base.Environments``: each build sees to it."""

    def python_of(self, digest: str) -> str:
        """The interpreter of its runners."""
        return process_build.python_of(self._settings, digest)
