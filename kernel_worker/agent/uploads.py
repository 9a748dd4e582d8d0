"""Files of one execution on their way to the store: a few at a time, while the cell goes on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker_config.wire.errors import HuskError
from broker_config.wire.flows import StoredObject
from kernel_worker.agent.arriving import ArrivingFile
from kernel_worker.agent.content import Content
from kernel_worker.agent.guard import without_values
from kernel_worker.agent.patience import GivenUp
from kernel_worker.agent.published import StagedFile
from kernel_worker.agent.staging import Staging
from kernel_worker.agent.transfers import Store

KEPT = "kept"
"""Folder of what could not be stored."""
LONGEST_S = 3600.0
"""All of them together; each has its own patience with a store that does nothing."""


class Uploads:
    """Takes files from the staging folder to ``content``. ``limit_bytes``: what may wait here at a time."""

    def __init__(self, store: Store, content: Content, staging: Staging, limit_bytes: int) -> None:
        self._store = store
        self._content = content
        self._staging = staging
        self._limit_bytes = limit_bytes
        self._changed = threading.Condition()
        self._waiting = 0
        self._waiting_bytes = 0

    def path(self, file: StagedFile) -> Path:
        """Where a file lies until it is stored."""
        return self._staging.folder / file.name

    def make_room(self, size: int) -> None:
        """Wait until a file of that size may come: not more waits here than fits."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._waiting or self._waiting_bytes + size <= self._limit_bytes, LONGEST_S
            )

    def add(self, file: StagedFile, stored: Callable[[], object] = lambda: None) -> None:
        """Have it stored; ``stored`` is called then, unless it is not wanted any more."""
        with self._changed:
            self._waiting += 1
            self._waiting_bytes += file.size
        self._store.files.submit(lambda: self._upload(file, stored))

    def finish(self) -> bool:
        """Wait until every file is stored, has failed, or is not wanted; False when that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, LONGEST_S)

    def open(self, file: StagedFile) -> int | None:
        """A descriptor that reads it, which the caller closes; None when it is in the store alone."""
        try:
            return os.open(self.path(file), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return self._content.open(file.stored.sha256) if file.stored else None

    def _upload(self, file: StagedFile, stored: Callable[[], object]) -> None:
        try:
            self._store_it(file)
            if not file.unwanted:
                stored()
        except GivenUp:
            self.path(file).unlink(missing_ok=True)
        except HuskError as error:
            self._keep(file, error.message)
        except Exception as error:
            self._keep(file, f"{file.what} could not be stored ({without_values(error)})")
        finally:
            with self._changed:
                self._waiting -= 1
                self._waiting_bytes -= file.size
                self._changed.notify_all()
            self._content.sweep()  # after whoever waits for this file was told

    def _store_it(self, file: StagedFile) -> None:
        path, what = self.path(file), f"{file.what} (file {KEPT}/{file.name})"
        if file.arriving is not None:
            file.arriving.beyond(0)  # from then on it has a name
        with path.open("rb", buffering=0) as opened:
            source: Any = opened if file.arriving is None else ArrivingFile(opened, file.arriving)
            got = self._store.upload(source, file.size, what, unwanted=lambda: file.unwanted)
        file.stored = StoredObject(got.key, got.size, got.sha256, got.checksum)
        self._staging.stored(file)
        self._content.add(path, got.sha256, got.size, sweeps=False)

    def _keep(self, file: StagedFile, failure: str) -> None:
        file.failure = failure
        self._staging.stored(file)
        kept = self._staging.folder.parent / KEPT
        kept.mkdir(mode=0o700, exist_ok=True)
        self.path(file).rename(kept / file.name)
        self._prune(kept)

    def _prune(self, kept: Path) -> None:
        """What was kept last stays, within the bound."""
        found = sorted(
            ((e.stat().st_mtime, e.stat().st_size, e.path) for e in os.scandir(kept)), reverse=True
        )
        total = 0
        for _, size, path in found:
            total += size
            if total > self._limit_bytes and path != found[0][2]:
                Path(path).unlink(missing_ok=True)
