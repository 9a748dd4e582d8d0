"""Text of a flood kept as head and tail, in the order of writing, with flat memory. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

CHUNK_BYTES = 65_536
MOST_TAIL_CHUNKS = 4_096


def cut(data: bytes, room: int) -> bytes:
    """At most ``room`` bytes of ``data``, ending at a character's end."""
    if len(data) <= room:
        return data
    while room > 0 and data[room] & 0xC0 == 0x80:
        room -= 1
    return data[:room]


def _character(data: bytes | bytearray, start: int) -> int:
    """The first beginning of a character at or after ``start``."""
    while start < len(data) and data[start] & 0xC0 == 0x80:
        start += 1
    return start


@dataclass(slots=True)
class Piece:
    """Adjacent text of one stream; ``order`` is its place among all pieces of the execution."""

    order: int
    name: str
    data: bytearray


@dataclass(slots=True)
class Tail:
    """The last ``limit`` bytes of a stream, as pieces."""

    limit: int
    size: int = 0
    pieces: deque[Piece] = field(default_factory=deque)

    def add(self, order: int, name: str, data: bytes) -> None:
        """Append and forget what is too old."""
        if len(data) > self.limit:
            data = data[_character(data, len(data) - self.limit) :]
            self.pieces.clear()
            self.size = 0
        last = self.pieces[-1] if self.pieces else None
        crowded = len(self.pieces) >= MOST_TAIL_CHUNKS
        if last is not None and (last.order == order or crowded) and len(last.data) < CHUNK_BYTES:
            last.data += data
        else:
            self.pieces.append(Piece(order, name, bytearray(data)))
        self.size += len(data)
        self._forget()

    def _forget(self) -> None:
        while self.size > self.limit and self.pieces:
            first = self.pieces[0]
            excess = self.size - self.limit
            if len(first.data) <= excess or len(self.pieces) > MOST_TAIL_CHUNKS:
                self.pieces.popleft()
                self.size -= len(first.data)
            else:
                excess = _character(first.data, excess)
                del first.data[:excess]
                self.size -= excess


@dataclass(slots=True)
class StreamState:
    """One of stdout and stderr: of ``total`` bytes written, ``head`` are kept from its beginning."""

    name: str
    head_limit: int
    tail: Tail
    total: int = 0
    head: int = 0

    @property
    def kept(self) -> int:
        """Bytes that the result holds."""
        return self.head + self.tail.size

    @property
    def skipped(self) -> int:
        """Bytes between head and tail that are in neither."""
        return self.total - self.kept

    def take_head(self, data: bytes) -> bytes:
        """The part of ``data`` that belongs to the head; nothing follows once a byte was refused."""
        self.total += len(data)
        part = cut(data, self.head_limit - self.head) if self.total - len(data) == self.head else b""
        self.head += len(part)
        return part
