"""Heartbeats of kernels: silence makes one ``unresponsive``, which says nothing about its work."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from broker_config import keys
from broker_config.wire.errors import NotFound, WrongTransition
from broker_config.wire.states import KernelState
from tasks.broker import AWAY, undecoded
from tasks.kernels.life import Life, change
from tasks.ledger.models import Kernel

SILENT_S = 15.0
HUNG = 2.0
"""Who is silent for so many times that long may be restarted, if nothing runs."""
WATCHED = frozenset({KernelState.READY, KernelState.UNRESPONSIVE})


class Pulses:
    """Remembers when each kernel's newest heartbeat changed, by our own clock."""

    def __init__(self, life: Life, silent_s: float = SILENT_S) -> None:
        self._life = life
        self._silent_s = silent_s
        self._seen: dict[str, tuple[bytes, float]] = {}

    def look(self, rows: list[Kernel]) -> None:
        """Compare with the time before. A Redis that was away proves nothing: all wait anew."""
        watched = [row for row in rows if row.state in WATCHED]
        try:
            newest = self._newest(watched)
        except AWAY:
            self._seen.clear()
            self._life.hung = set()
            return
        now, hung = time.monotonic(), set()
        before, self._seen = self._seen, {}
        for row, entry in zip(watched, newest, strict=True):
            old, since = before.get(row.uid, (None, now))
            changed = old != entry
            self._seen[row.uid] = (entry, now if changed else since)
            if old is not None:
                self._judge(row, changed, now - since)
            if not changed and now - since > HUNG * self._silent_s:
                hung.add(row.uid)
        self._life.hung = hung

    def _newest(self, rows: list[Kernel]) -> list[bytes]:
        if not rows:
            return []
        pipe: Any = self._life.services.redis.pipeline(transaction=False)
        for row in rows:
            undecoded(pipe, "XREVRANGE", keys.pulse(row.uid), "+", "-", "COUNT", 1)
        return [entries[0][0] if entries else b"" for entries in pipe.execute()]

    def _judge(self, row: Kernel, changed: bool, silent_s: float) -> None:
        state = None
        if changed and row.state == KernelState.UNRESPONSIVE:
            state = KernelState.READY
        elif not changed and silent_s > self._silent_s and row.state == KernelState.READY:
            state = KernelState.UNRESPONSIVE
        if state is not None:
            with contextlib.suppress(NotFound, WrongTransition):
                change(self._life, row.uid, state)
