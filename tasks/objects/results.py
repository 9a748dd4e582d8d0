"""What the object store gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from urllib3.response import BaseHTTPResponse

from tasks.objects.client import our_errors

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """An object just uploaded: bytes, hex SHA-256 of all of them, and the checksum ``stat`` will tell."""

    key: str
    size: int
    sha256: str
    checksum: str


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as the store knows it.

    ``checksum`` is the store's own SHA-256 in hex; of an object uploaded in N parts it is the SHA-256, or the
    CRC-32 (eight digits), of the parts' own, with ``-N`` behind it. None: it was uploaded without.
    ``modified``: when it was put there, in unix seconds; listings say it.
    """

    key: str
    size: int
    checksum: str | None
    modified: float | None = None

    @property
    def sha256(self) -> str | None:
        """Hex SHA-256 of the whole object, where the store has one."""
        return None if self.checksum is None or "-" in self.checksum else self.checksum


class Download:
    """An open object: iterate it for chunks of bytes; close it, or use it in ``with``."""

    def __init__(self, key: str, response: BaseHTTPResponse | None) -> None:
        self._key = key
        self._response = response

    def __enter__(self) -> Download:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        """Chunks in order. Raises ``Unavailable`` when the store stops in the middle."""
        if self._response is None:
            return
        with our_errors(f"download of {self._key}"):
            yield from self._response.stream(CHUNK_BYTES)

    def close(self) -> None:
        """Give the connection back, or drop it if there is more to come."""
        if self._response is not None:
            self._response.close()
            self._response.release_conn()
