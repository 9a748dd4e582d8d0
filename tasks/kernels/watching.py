"""The fast look at all kernels, twice a second, which also works while beat and messages are away."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import redis

from broker_config import keys
from broker_config.wire.errors import EngineAbsent, HuskError, Unavailable
from broker_config.wire.states import KernelState
from tasks.kernels import restarting, without_engine
from tasks.kernels.closing import LONGEST_S, settle_running
from tasks.kernels.decision import Action
from tasks.kernels.idling import Idle
from tasks.kernels.life import Life
from tasks.kernels.pulses import Pulses
from tasks.kernels.settling import next_action, settle
from tasks.ledger import kernels
from tasks.ledger.models import Kernel

EVERY_S = 0.5
WORKERS = 16
LONGEST_WAIT_S = 10.0
TELL_S = 5.0
CLOSED_S = 60.0
"""So long a kernel in ``error`` of which nothing is left is not asked after, unless its row changes."""

log = logging.getLogger(__name__)


class Watcher:
    """Sees dead processes, start time-outs, wishes whose message was lost, silence, and want of work."""

    def __init__(self, life: Life, pulses: Pulses | None = None) -> None:
        self._life = life
        self._pulses = pulses or Pulses(life)
        self._idle = Idle(life)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="settle")
        self._failures: dict[str, tuple[int, float]] = {}
        self._told_away: set[str] = set()
        self._told_at = float("-inf")
        self._in_pool: set[str] = set()
        self._closed: dict[str, tuple[tuple[object, ...], float]] = {}

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        while not stopped.wait(EVERY_S):
            try:
                self.look()
            except Unavailable as error:
                log.warning("kernels cannot be watched: %s", error)
            except Exception:
                log.exception("a look at the kernels failed")
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self) -> None:
        """One look. Raises ``Unavailable``."""
        with self._life.services.ledger.read() as s:
            rows = {row.uid: row for row in (*kernels.alive(s), *kernels.unsettled(s))}
        away: set[str] = set()
        self._closed = {uid: known for uid, known in self._closed.items() if uid in rows}
        for row in rows.values():
            busy = row.uid in self._in_pool or self._life.flights.busy(row.uid)
            if not busy and self._due(row.uid) and not self._is_closed(row):
                self._try_to_look_at(row, away)
        self._told_away = away
        self._pulses.look(list(rows.values()))
        self._idle.look(list(rows.values()))
        self._tell()

    def _tell(self) -> None:
        """For the health check: this thread lives, and sees the ledger."""
        now = time.monotonic()
        if now - self._told_at >= TELL_S:
            with contextlib.suppress(redis.RedisError, OSError):
                client = self._life.services.redis
                client.set(keys.LOOKED, os.uname().nodename, px=keys.LOOKED_TTL_MS)
                self._told_at = now

    def _try_to_look_at(self, row: Kernel, away: set[str]) -> None:
        """``away``: runtimes whose engine did not answer in this look; it is not asked again for each kernel.

        That says nothing about their kernels, whose pulse does.
        """
        try:
            if row.runtime not in away:
                self._look_at(row)
        except EngineAbsent as error:
            away.add(row.runtime)
            if row.runtime not in self._told_away:
                log.warning("kernels of the runtime %s cannot be looked at: %s", row.runtime, error)
        except HuskError as error:
            self._put_off(row.uid)
            log.warning("kernel %s cannot be looked at: %s", row.uid, error)
            self._bide(row)
        except Exception:
            # Of one kernel: the others are looked at all the same.
            self._put_off(row.uid)
            log.exception("kernel %s cannot be looked at", row.uid)
            self._bide(row)
        if row.runtime in away:
            self._bide(row)

    def _bide(self, row: Kernel) -> None:
        if without_engine.waits(self._life, row):
            self._submit(row.uid, partial(self.settle, row.uid))

    def _submit(self, uid: str, step: Callable[[], None]) -> None:
        """Once a kernel: one whose step hangs takes one thread."""
        if uid in self._in_pool:
            return

        def run() -> None:
            try:
                step()
            finally:
                self._in_pool.discard(uid)

        self._in_pool.add(uid)
        try:
            self._pool.submit(run)
        except BaseException:
            self._in_pool.discard(uid)
            raise

    def _look_at(self, row: Kernel) -> None:
        found = self._life.runtime_of(row).find(row.uid, row.runtime_ref)
        if found is not None:
            self._life.unwatched.discard(row.uid)
        if next_action(self._life, row, found) is not Action.NOTHING:
            self._submit(row.uid, partial(self.settle, row.uid))
        elif row.state == KernelState.ERROR and found is None:
            self._submit(row.uid, partial(self._close, row))

    def _is_closed(self, row: Kernel) -> bool:
        known, until = self._closed.get(row.uid, ((), 0.0))
        return known == _version(row) and time.monotonic() < until and not restarting.is_due(row)

    def _due(self, uid: str) -> bool:
        return time.monotonic() >= self._failures.get(uid, (0, 0.0))[1]

    def _close(self, row: Kernel) -> None:
        try:
            reason = "the kernel ended while this cell ran"
            done = settle_running(self._life, row.uid, row.state_since, reason)
            # Before that the recorder may still learn of a cell that ran.
            if done and time.time() - row.state_since > LONGEST_S and not self._life.pause.on():
                self._closed[row.uid] = (_version(row), time.monotonic() + CLOSED_S)
        except Exception:
            log.exception("kernel %s: what it left running is not closed yet", row.uid)

    def settle(self, uid: str) -> None:
        """Settle one kernel; after a failure the next try waits longer."""
        try:
            done = settle(self._life, uid)
        except HuskError as error:
            log.warning("kernel %s is not settled yet: %s", uid, error)
            done = False
        except Exception:
            log.exception("kernel %s is not settled yet", uid)
            done = False
        if done:
            self._failures.pop(uid, None)
            return
        self._put_off(uid)

    def _put_off(self, uid: str) -> None:
        count = self._failures.get(uid, (0, 0.0))[0] + 1
        self._failures[uid] = (count, time.monotonic() + min(0.25 * 2**count, LONGEST_WAIT_S))


def _version(row: Kernel) -> tuple[object, ...]:
    """Other when the row is; a wish leaves the revision alone."""
    return row.revision, row.desired_state, row.intent_nonce
