"""Executions that a kernel without a process has left ``running``."""

from __future__ import annotations

import time

from broker_config.wire.errors import Unavailable
from tasks.kernels import broker
from tasks.kernels.life import Life
from tasks.ledger import executions

LONGEST_S = 45.0
"""A recorder that is away for longer is not waited for."""


def settle_running(life: Life, uid: str, since: float, reason: str) -> bool:
    """Close what nobody can finish any more; False while the recorder may still find out how it ended.

    The caller knows that no process of the kernel lives. ``since``: when its ending began.
    """
    with life.services.ledger.read() as s:
        if not executions.running_of(s, uid):
            return True
    if time.time() - since < LONGEST_S and not _drained(life, uid):
        return False
    close(life, uid, reason)
    return True


def close(life: Life, uid: str, reason: str, older_than_generation: str | None = None) -> None:
    """Close as ``lost``, by the ledger's compare-and-set."""
    from tasks.closing import close_running

    close_running(life.services, uid, reason, older_than_generation)


def _drained(life: Life, uid: str) -> bool:
    try:
        return broker.drained(life.services.redis, uid)
    except Unavailable:
        return False
