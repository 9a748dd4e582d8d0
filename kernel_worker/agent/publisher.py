"""Events to the kernel's streams, in order, from a thread: a Redis that is away never blocks the relay."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import redis

from kernel_worker.agent.broker import AWAY
from kernel_worker.agent.guard import guarded
from kernel_worker.agent.streams import Entry, Streams

PENDING_BYTES = 16 * 1024 * 1024
BATCH_BYTES = 1024 * 1024
LINGER_S = 0.003
LINGER_BYTES = 65_536
FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0

log = logging.getLogger(__name__)


class Publisher:
    """Sends events of this process. ``put`` never blocks; ``flush`` and ``sending`` wait, bounded."""

    def __init__(self, client: redis.Redis, uid: str) -> None:
        self._streams = Streams(client, uid)
        self._pending: deque[Entry] = deque()
        self._pending_bytes = 0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._drained = threading.Condition(self._lock)
        # Held by who sends: our thread, or the one that ends an execution.
        self._at_it = threading.Lock()
        self._urgent = self._held = self._away = False
        self._thread: threading.Thread | None = None

    def put(self, payload: str, *, out: bool, events: bool, must: bool = False) -> bool:
        """Queue an event; False when too much waits for a Redis that is away (``must`` goes in anyway).

        Sent within ``LINGER_S`` together with what comes meanwhile.
        """
        with self._lock:
            if not must and self._pending_bytes + len(payload) > PENDING_BYTES:
                return False
            self._add(Entry(payload, out, events))
            if not self._held or self._pending_bytes >= LINGER_BYTES:
                self._wake()
        return True

    def hold(self) -> None:
        """What is put now waits for ``release`` or ``sending``; one of them has to come within ``LINGER_S``.

        It spares a short cell the waking of our thread.
        """
        self._held = True

    def release(self) -> None:
        """Have all that waits sent at once."""
        with self._lock:
            self._held = False
            if self._pending:
                self._urgent = True
                self._wake()

    @contextmanager
    def sending(self, payload: str) -> Iterator[None]:
        """Queue an event for both streams and send what waits from here; the block runs while Redis takes it.

        Our own thread sends it when that is at work, or Redis is away.
        """
        with self._lock:
            self._add(Entry(payload, out=True, events=True))
        mine = not self._away and self._at_it.acquire(blocking=False)
        try:
            with self._batch() if mine else nullcontext():
                if not mine:
                    self.release()
                yield
        finally:
            if mine:
                self._at_it.release()
                self.release()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was put is in Redis; False when it is not in time (it stays queued)."""
        self.release()
        with self._lock:
            return self._drained.wait_for(lambda: not self._pending, timeout_s)

    def _add(self, entry: Entry) -> None:
        self._pending.append(entry)
        self._pending_bytes += len(entry.payload)

    def _wake(self) -> None:
        if self._thread is None:
            body = guarded("publisher", self._run)
            self._thread = threading.Thread(target=body, name="publisher", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            self._wait_for_some()
            with self._at_it, self._batch():
                pass
            if self._away:
                time.sleep(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            else:
                wait_s = FIRST_WAIT_S

    def _wait_for_some(self) -> None:
        with self._lock:
            self._changed.wait_for(lambda: self._pending)
            self._changed.wait_for(lambda: self._urgent or self._pending_bytes >= LINGER_BYTES, LINGER_S)

    @contextmanager
    def _batch(self) -> Iterator[None]:
        """Send what waits, up to a batch; the block runs while Redis takes it. With ``_at_it`` held."""
        batch = self._next()
        try:
            if batch:
                self._streams.write(batch)
        except AWAY as error:
            self._missed(error)
            batch = []
        try:
            yield
        finally:
            if batch:
                self._finish(len(batch))

    def _next(self) -> list[Entry]:
        """The next batch, left in the queue until it is sent."""
        with self._lock:
            self._urgent = False
            batch: list[Entry] = []
            size = 0
            for entry in self._pending:
                if batch and size + len(entry.payload) > BATCH_BYTES:
                    break
                batch.append(entry)
                size += len(entry.payload)
            return batch

    def _finish(self, count: int) -> None:
        try:
            self._streams.read()
        except AWAY as error:
            self._missed(error)
            return
        self._away = False
        with self._lock:
            for _ in range(count):
                self._pending_bytes -= len(self._pending.popleft().payload)
            if not self._pending:
                self._drained.notify_all()

    def _missed(self, error: BaseException) -> None:
        log.warning("Redis is away (%s); %d events wait", type(error).__name__, len(self._pending))
        self._away = True
