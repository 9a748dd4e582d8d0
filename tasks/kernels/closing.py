"""Executions that a kernel without a process has left ``running``."""

from __future__ import annotations

import time

from broker_config.wire.errors import Unavailable
from tasks.closing import close_running, drained
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
    close_running(life.services, uid, reason)
    return True


def _drained(life: Life, uid: str) -> bool:
    try:
        return drained(life.services, uid)
    except Unavailable:
        return False
