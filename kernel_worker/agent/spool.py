"""Frames of one execution as they came, in a file: what an adopting agent replays, and the full text.

Record: kind (1 byte), length (4 bytes, big endian), payload. Kinds are those of frames, and ``s``:
the number of the next event.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from broker_config.wire.frames import JSON, STDERR, STDOUT

SEQ = b"s"
HEADER = struct.Struct(">cI")
JSON_BYTES = 32 * 1024 * 1024
EMPTIED = "emptied.frames"
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


class Spool:
    """Append-only. Each stream's text is kept up to ``full_bytes``, other frames up to ``JSON_BYTES``.

    A file that is done with is emptied and taken by the next execution: one that is made and removed with
    every cell would slow down the file system, see ``journal``.
    """

    def __init__(self, folder: Path, execution_id: str, full_bytes: int) -> None:
        self._name = f"{folder}/{execution_id}.frames"
        self._emptied = f"{folder}/{EMPTIED}"
        self._left = {STDOUT: full_bytes, STDERR: full_bytes, JSON: JSON_BYTES}
        self._file = -1
        self._there = False

    @property
    def path(self) -> Path:
        """The file, there once there was a frame."""
        return Path(self._name)

    def add(self, kind: bytes, payload: bytes) -> None:
        """Append a frame while there is room for its kind. A full disk ends the keeping, not the cell."""
        left = self._left.get(kind, 0)
        if left <= 0:
            return
        if kind == JSON and len(payload) > left:
            return
        payload = payload[:left]
        self._left[kind] = left - len(payload)
        self._append(kind, payload)

    def next_event(self, seq: int) -> None:
        """Note that events up to ``seq`` may have been sent."""
        self._append(SEQ, str(seq).encode())

    def _append(self, kind: bytes, payload: bytes) -> None:
        try:
            if self._file < 0:
                self._there = True
                self._file = self._open()
            os.writev(self._file, [HEADER.pack(kind, len(payload)), payload])
        except OSError:
            self._left = dict.fromkeys(self._left, 0)

    def _open(self) -> int:
        with suppress(FileNotFoundError):
            return os.open(self._name, FLAGS)  # it is gone on with
        with suppress(OSError):
            Path(self._emptied).rename(self._name)
        return os.open(self._name, FLAGS | os.O_CREAT, 0o600)

    def replay(self) -> Iterator[tuple[bytes, bytes]]:
        """Kind and payload of every whole record."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        self._there = True
        with file:
            while len(header := file.read(HEADER.size)) == HEADER.size:
                kind, size = HEADER.unpack(header)
                payload = file.read(size)
                if len(payload) < size:
                    return
                self._left[kind] = self._left.get(kind, 0) - size
                yield kind, payload

    def full_text(self, kind: bytes, target: Path) -> None:
        """Write the kept text of one stream to a file of its own."""
        with target.open("wb") as file:
            for one, payload in self.replay():
                if one == kind:
                    file.write(payload)

    def remove(self) -> None:
        """Close the file and let go of it."""
        empty = False
        if self._file >= 0:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
                empty = True
            os.close(self._file)
            self._file = -1
        if empty:
            with suppress(OSError):
                self.path.rename(self._emptied)
                return
        if self._there:
            self.path.unlink(missing_ok=True)
