"""The fast look at all kernels, twice a second, which also works while beat and messages are away."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from broker_config.wire.errors import EngineAbsent, HuskError, Unavailable
from broker_config.wire.states import KernelState
from tasks.kernels import without_engine
from tasks.kernels.closing import settle_running
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
        for row in rows.values():
            if not self._life.flights.busy(row.uid) and self._due(row.uid):
                self._try_to_look_at(row, away)
        self._told_away = away
        self._pulses.look(list(rows.values()))
        self._idle.look(list(rows.values()))

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
        if row.runtime in away and without_engine.waits(self._life, row):
            self._pool.submit(self.settle, row.uid)

    def _look_at(self, row: Kernel) -> None:
        found = self._life.runtime_of(row).find(row.uid, row.runtime_ref)
        if found is not None:
            self._life.unwatched.discard(row.uid)
        if next_action(self._life, row, found) is not Action.NOTHING:
            self._pool.submit(self.settle, row.uid)
        elif row.state == KernelState.ERROR and found is None:
            self._pool.submit(self._close, row)

    def _due(self, uid: str) -> bool:
        return time.monotonic() >= self._failures.get(uid, (0, 0.0))[1]

    def _close(self, row: Kernel) -> None:
        try:
            settle_running(self._life, row.uid, row.state_since, "the kernel ended while this cell ran")
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
