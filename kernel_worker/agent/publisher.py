"""Events to the kernel's streams, in order, from a thread: a Redis that is away never blocks the relay."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.events import FIELD
from kernel_worker.agent.broker import AWAY
from kernel_worker.agent.guard import guarded

OUT_BYTES = 16 * 1024 * 1024
PENDING_BYTES = 16 * 1024 * 1024
BATCH_BYTES = 1024 * 1024
LINGER_S = 0.003
LINGER_BYTES = 65_536
FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0

log = logging.getLogger(__name__)


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

    def options(self, coming: int) -> dict[str, Any]:
        """Arguments of the next XADD: by bytes where they are over, else by number."""
        trimmed = False
        while self._kept and self._size + coming > OUT_BYTES:
            self._size -= self._kept.popleft()[1]
            trimmed = True
        while len(self._kept) > keys.OUT_MAX_ENTRIES:
            self._size -= self._kept.popleft()[1]
        if trimmed and self._kept:
            return {"minid": self._kept[0][0], "approximate": False}
        return {"maxlen": keys.OUT_MAX_ENTRIES, "approximate": True}


class Publisher:
    """Sends events of this process. ``put`` never blocks; ``flush`` waits, bounded."""

    def __init__(self, client: redis.Redis, uid: str) -> None:
        self._client = client
        self._out, self._events = keys.out(uid), keys.events(uid)
        self._trim = OutTrim()
        self._pending: deque[Entry] = deque()
        self._pending_bytes = 0
        self._changed = threading.Condition()
        self._closed = False
        self._urgent = False
        self._thread: threading.Thread | None = None

    def put(self, payload: str, *, out: bool, events: bool, must: bool = False, urgent: bool = False) -> bool:
        """Queue an event; False when too much waits for a Redis that is away (``must`` goes in anyway).

        Sent within ``LINGER_S`` together with what comes meanwhile, at once when ``urgent``.
        """
        with self._changed:
            if not must and self._pending_bytes + len(payload) > PENDING_BYTES:
                return False
            self._pending.append(Entry(payload, out, events))
            self._pending_bytes += len(payload)
            self._urgent = self._urgent or urgent
            if self._thread is None:
                self._thread = threading.Thread(
                    target=guarded("publisher", self._run), name="publisher", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()
        return True

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was put is in Redis; False when it is not in time (it stays queued)."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            self._urgent = bool(self._pending)
            self._changed.notify_all()
            while self._pending:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def close(self) -> None:
        """End the thread after what it is sending; the rest is dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while batch := self._next():
            try:
                self._send(batch)
            except AWAY as error:
                log.warning("Redis is away (%s); %d events wait", type(error).__name__, len(self._pending))
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
                continue
            wait_s = FIRST_WAIT_S
            self._sent(len(batch))

    def _next(self) -> list[Entry]:
        """The next batch, left in the queue until it is sent; empty when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._closed)
            if self._closed:
                return []
            self._changed.wait_for(lambda: self._urgent or self._pending_bytes >= LINGER_BYTES, LINGER_S)
            self._urgent = False
            batch: list[Entry] = []
            size = 0
            for entry in self._pending:
                if batch and size + len(entry.payload) > BATCH_BYTES:
                    break
                batch.append(entry)
                size += len(entry.payload)
            return batch

    def _send(self, batch: list[Entry]) -> None:
        pipe = self._client.pipeline(transaction=False)
        sizes: list[int] = []
        for entry in batch:
            if entry.events:
                pipe.xadd(self._events, {FIELD: entry.payload})
                sizes.append(-1)
            if entry.out:
                pipe.xadd(self._out, {FIELD: entry.payload}, **self._trim.options(len(entry.payload)))
                sizes.append(len(entry.payload))
        for entry_id, size in zip(pipe.execute(), sizes, strict=True):
            if size >= 0:
                self._trim.added(entry_id, size)

    def _sent(self, count: int) -> None:
        with self._changed:
            for _ in range(count):
                self._pending_bytes -= len(self._pending.popleft().payload)
            if not self._pending:
                self._urgent = False  # what comes next waits for its like again
            self._changed.notify_all()
