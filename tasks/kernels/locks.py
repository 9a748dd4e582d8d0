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
from tasks.broker import translated
from tasks.holders import is_dead, new_holder, release, renew

POLL_S = 0.05
RENEW_S = keys.LIFECYCLE_LOCK_MS / 3000
LONGEST_S = 180.0
"""A step that hangs is given up then: somebody else may try."""

log = logging.getLogger(__name__)


class Flights:
    """Locks of kernels. A Redis that is away leaves the lock of this process: stops must go on.

    In Redis they are short and renewed: one whose holder was killed on another host is soon free.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._mine: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._held: dict[str, tuple[str, float]] = {}
        """Kernel → owner, and until when the lock is renewed."""
        self._renewing: threading.Thread | None = None
        self._starting = threading.Lock()

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
        for uid, (owner, _until) in list(self._held.items()):
            self._release(uid, owner)

    def _keep(self, uid: str, owner: str) -> None:
        self._held[uid] = (owner, time.monotonic() + LONGEST_S)
        with self._starting:
            if self._renewing is None:
                self._renewing = threading.Thread(target=self._renew, name="locks", daemon=True)
                self._renewing.start()

    def _renew(self) -> None:
        pause = threading.Event()
        while not pause.wait(RENEW_S):
            for uid, (owner, until) in list(self._held.items()):
                if time.monotonic() < until:
                    with contextlib.suppress(Unavailable), translated():
                        renew(self._client, [keys.lifecycle_lock(uid)], owner, keys.LIFECYCLE_LOCK_MS)

    def _take(self, uid: str, deadline: float) -> str | None:
        owner, pause = new_holder(), threading.Event()
        while True:
            try:
                if self._try(uid, owner):
                    self._keep(uid, owner)
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
