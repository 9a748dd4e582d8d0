"""A large file that is uploaded while it is still copied: its beginning need not wait for its end."""

from __future__ import annotations

import threading
from typing import BinaryIO

from broker_config.wire.errors import StorageFailed
from kernel_worker.agent.patience import GivenUp

FROM_BYTES = 16 * 1024 * 1024
"""Smaller ones are copied faster than an upload begins."""
WAIT_S = 60.0


class Arriving:
    """How far the copy is."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._changed = threading.Condition()
        self._there = 0
        self._over = False

    @property
    def there(self) -> int:
        """Bytes that are there."""
        return self._there

    def progress(self, there: int) -> None:
        """So many bytes are there."""
        with self._changed:
            self._there = there
            self._changed.notify_all()

    def end(self) -> None:
        """It is copied, or will never be: nobody waits any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def beyond(self, at: int) -> int:
        """Bytes that are there behind ``at``, waited for. Raises ``GivenUp`` where none will come."""
        with self._changed:
            in_time = self._changed.wait_for(lambda: self._there > at or self._over, WAIT_S)
            if not in_time:
                raise StorageFailed(f"the kernel's disk took nothing for {WAIT_S:g} s")
            if self._there <= at < self._size:
                raise GivenUp("the file was not copied")
            return self._there - at


class ArrivingFile:
    """The copy as a file to read from; what of it is not there yet is waited for."""

    def __init__(self, file: BinaryIO, arriving: Arriving) -> None:
        self._file = file
        self._arriving = arriving

    def seek(self, at: int) -> int:
        """As a file's."""
        return self._file.seek(at)

    def readinto(self, view: memoryview) -> int:
        """As a file's."""
        there = self._arriving.beyond(self._file.tell())
        got: int = self._file.readinto(view[:there])  # type: ignore[attr-defined]
        return got
