"""What a kernel without a process has left: executions ``running``, and events that nobody has recorded."""

from __future__ import annotations

import time
from contextlib import suppress

from broker_config.wire.errors import Unavailable
from tasks.closing import close_running, close_taken, drained
from tasks.kernels.life import Life
from tasks.ledger import executions
from tasks.ledger.models import Kernel

STOPPED = "the kernel was stopped while this cell ran"
LONGEST_S = 45.0
"""A recorder that is away for longer is not waited for."""
LONGEST_DELETE_S = 600.0
"""A delete removes what was not recorded, and nobody waits for it: there is time."""


def settle_running(life: Life, uid: str, since: float, reason: str) -> bool:
    """Close what nobody can finish any more; False while the recorder may still find out how it ended.

    The caller knows that no process of the kernel lives. ``since``: when its ending began.
    """
    with life.services.ledger.read() as s:
        running, waiting = bool(executions.running_of(s, uid)), bool(executions.queue_length(s, uid))
    late = time.time() - since >= LONGEST_S
    if not running and (late or not waiting):
        return True  # housekeeping sees to what was claimed and is not closed by now
    if not late and not _drained(life, uid):
        return False
    if running:
        close_running(life.services, uid, reason)
    with suppress(Unavailable):
        close_taken(life.services, uid, since)
    return True


def settle_deleted(life: Life, row: Kernel) -> bool:
    """As ``settle_running``, and whatever ran: False while the recorder has to read what the kernel said.

    The ledger may not know yet what ran, nor which uploads are shared files that outlive the kernel.
    """
    since = max(row.state_since, row.intended_at or 0.0)
    if time.time() - since < LONGEST_DELETE_S and not _drained(life, row.uid):
        return False
    close_running(life.services, row.uid, STOPPED)
    return True


def _drained(life: Life, uid: str) -> bool:
    try:
        return drained(life.services, uid)
    except Unavailable:
        return False
