"""A stream that is counted and hashed on its way to the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from broker_config.wire.errors import StorageFailed
from tasks.objects.parts import Readable


class Counted:
    """Counts and hashes what is read; ``length`` in bytes is what should come, -1 for unknown."""

    def __init__(self, stream: Readable, length: int) -> None:
        self._stream = stream
        self._length = length
        self._digest = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of what was read so far."""
        return self._digest.hexdigest()

    def read(self, size: int = -1) -> bytes:
        """The stream's own ``read``."""
        data = self._stream.read(size)
        self._digest.update(data)
        self.size += len(data)
        return data

    def check(self) -> None:
        """Raise ``StorageFailed`` unless as many bytes came as were announced."""
        if self._length >= 0 and self.size != self._length:
            raise StorageFailed(f"upload: {self._length} bytes were announced, {self.size} came")

    def checked(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        """``parts``, and ``check`` at their end."""
        yield from parts
        self.check()
