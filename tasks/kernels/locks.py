"""Single flight of lifecycle work on one kernel: in this process, and between processes."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator

import redis

from broker_config import keys
from broker_config.wire.errors import Unavailable
from tasks.broker_faults import translated
from tasks.holders import is_dead, new_holder, release

POLL_S = 0.05

log = logging.getLogger(__name__)


class Flights:
    """Locks of kernels. A Redis that is away leaves the lock of this process: stops must go on."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._mine: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._held: dict[str, str] = {}

    @contextlib.contextmanager
    def hold(self, uid: str, wait_s: float) -> Iterator[bool]:
        """Whether the kernel's lock was got within ``wait_s``; held until the block ends."""
        mine = self._mine[uid]
        deadline = time.monotonic() + wait_s
        if not mine.acquire(timeout=wait_s):
            yield False
            return
        try:
            owner = self._take(uid, deadline)
            try:
                yield owner is not None
            finally:
                if owner:
                    self._held.pop(uid, None)
                    self._release(uid, owner)
        finally:
            mine.release()

    def busy(self, uid: str) -> bool:
        """Whether this process works on the kernel now."""
        return self._mine[uid].locked()

    def let_go(self) -> None:
        """Release all in Redis, for a process that ends in the middle of steps: the next need not wait."""
        for uid, owner in list(self._held.items()):
            self._release(uid, owner)

    def _take(self, uid: str, deadline: float) -> str | None:
        owner, pause = new_holder(), threading.Event()
        while True:
            try:
                if self._try(uid, owner):
                    self._held[uid] = owner
                    return owner
            except Unavailable:
                log.warning("kernel %s: no lock, Redis is away; going on alone", uid)
                return ""
            if time.monotonic() >= deadline:
                return None
            pause.wait(POLL_S)

    def _try(self, uid: str, owner: str) -> bool:
        key = keys.lifecycle_lock(uid)
        with translated():
            holder = self._client.set(key, owner, nx=True, px=keys.LIFECYCLE_LOCK_MS, get=True)
            if holder is None:
                return True
            # Its lock would last for minutes.
            if is_dead(str(holder)):
                release(self._client, [key], str(holder))
        return False

    def _release(self, uid: str, owner: str) -> None:
        with contextlib.suppress(Unavailable), translated():
            release(self._client, [keys.lifecycle_lock(uid)], owner)
