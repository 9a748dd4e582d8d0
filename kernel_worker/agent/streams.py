"""The kernel's streams ``out`` and ``events`` on one connection, and how ``out`` is kept within its bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.events import FIELD
from kernel_worker.agent.broker import Line

OUT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One event for one or both streams."""

    payload: str
    out: bool
    events: bool


class OutTrim:
    """Keeps ``out`` below ``OUT_BYTES``: remembers ids and sizes, names the oldest id to keep."""

    def __init__(self) -> None:
        self._kept: deque[tuple[str, int]] = deque()
        self._size = 0

    def added(self, entry_id: bytes, size: int) -> None:
        """An entry is in the stream."""
        self._kept.append((entry_id.decode(), size))
        self._size += size

    def words(self, coming: int) -> tuple[str | int, ...]:
        """What the next XADD says of trimming: by bytes where they are over, else by number."""
        trimmed = False
        while self._kept and self._size + coming > OUT_BYTES:
            self._size -= self._kept.popleft()[1]
            trimmed = True
        while len(self._kept) > keys.OUT_MAX_ENTRIES:
            self._size -= self._kept.popleft()[1]
        if trimmed and self._kept:
            return ("MINID", "=", self._kept[0][0])
        return ("MAXLEN", "~", keys.OUT_MAX_ENTRIES)


class Streams:
    """Writes entries, then reads what Redis says to them. For one thread at a time."""

    def __init__(self, client: redis.Redis, uid: str) -> None:
        self._line = Line(client)
        self._out, self._events = keys.out(uid), keys.events(uid)
        self._trim = OutTrim()
        self._sizes: list[int] = []

    def write(self, batch: Sequence[Entry]) -> None:
        """Send them in their order, as one; raises ``AWAY``."""
        commands: list[tuple[Any, ...]] = []
        self._sizes = []
        for entry in batch:
            if entry.events:
                commands.append(("XADD", self._events, "*", FIELD, entry.payload))
                self._sizes.append(-1)
            if entry.out:
                size = len(entry.payload)
                words = self._trim.words(size)
                commands.append(("XADD", self._out, *words, "*", FIELD, entry.payload))
                self._sizes.append(size)
        # Whoever waits for entries is woken once, and has all of them; and they are there as a whole, or not.
        self._line.send([("MULTI",), *commands, ("EXEC",)] if len(commands) > 1 else commands)

    def read(self) -> None:
        """Wait until they are in Redis; raises ``AWAY``."""
        replies = self._line.receive()
        if len(self._sizes) > 1:
            replies = replies[-1]
        for entry_id, size in zip(replies, self._sizes, strict=True):
            if isinstance(entry_id, redis.ResponseError):
                raise entry_id
            if size >= 0:
                self._trim.added(entry_id, size)
