"""Kernels with an idle timeout that had nothing to do for so long are stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from broker_config.wire.states import DesiredState, KernelState
from tasks.kernels import broker, policy
from tasks.kernels.life import BY_ITSELF, Life
from tasks.ledger import audit, policies
from tasks.ledger.audit import Change
from tasks.ledger.models import Kernel

SERVES = frozenset({KernelState.READY, KernelState.UNRESPONSIVE})

log = logging.getLogger(__name__)


class Idle:
    """Looks at kernels as often as they are looked at, and at their work only when it may be time."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._not_before: dict[tuple[str, float], float] = {}

    def look(self, rows: Sequence[Kernel]) -> None:
        """Stop those whose time is over. Raises ``Unavailable``."""
        if self._life.pause.on():
            return
        before, self._not_before = self._not_before, {}
        for row in rows:
            if row.idle_timeout_s is not None and _serves(row):
                key = (row.uid, row.idle_timeout_s)
                self._not_before[key] = before.get(key, 0.0)
                if time.time() >= max(self._not_before[key], _up_since(row) + row.idle_timeout_s):
                    self._not_before[key] = self._look_at(row, row.idle_timeout_s)

    def _look_at(self, row: Kernel, timeout_s: float) -> float:
        """Stop it if it is time; when it may be time next."""
        now = time.time()
        with self._life.services.ledger.read() as s:
            busy, last = policies.is_busy(s, row.uid), policies.last_end(s, row.uid)
        since = policy.serving_since(_up_since(row), row.intended_at)
        at = policy.idle_stops_at(since, last, busy, timeout_s)
        if at is None:
            return now + timeout_s
        if at <= now:
            self._stop(row, timeout_s, now)
        return at

    def _stop(self, row: Kernel, timeout_s: float, now: float) -> None:
        note = f"stopped after {policy.in_words(timeout_s)} without work"
        with self._life.services.ledger.write() as s:
            stopped = policies.stop_idle(s, row, note, now)
            if stopped:
                audit.note(s, BY_ITSELF, Change("kernel.idle_stop", row.uid, {"timeout_s": timeout_s}), now)
        if stopped:
            log.info("kernel %s: %s", row.uid, note)
            broker.wake(self._life.services.redis, row.uid)


def _up_since(row: Kernel) -> float:
    return row.ready_since or row.state_since


def _serves(row: Kernel) -> bool:
    return row.state in SERVES and row.desired_state == DesiredState.RUNNING
