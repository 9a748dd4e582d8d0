"""Ends executions whose kernel cannot end them any more. Silence never ends one: only a known death does."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.codec import plain
from broker_config.wire.errors import Unavailable
from broker_config.wire.events import CellError
from broker_config.wire.states import DesiredState, ExecutionState, KernelState
from tasks.broker import translated, undecoded
from tasks.claims import CANCELLED, age_s, owners, take_to_cancel
from tasks.ledger import broker, executions, logs
from tasks.ledger.models import Execution, Kernel
from tasks.services import Services

CLAIMED_BY_DEAD_S = 60.0
CLAIMED_BY_OLD_S = 600.0
"""An agent that lives uploads for at most five minutes before it says how a cell of a dead runner ended."""
MOST_TAKEN = 32
"""Of each queue, that a kernel may have taken at a time; it is one, and what it read ahead."""
DOWN = frozenset({KernelState.STOPPED.value, KernelState.ERROR.value})
CLAIMED = "the kernel ended after it had taken this cell; whether it ran is not known"

log = logging.getLogger(__name__)


def close_running(services: Services, uid: str, reason: str, older_than_generation: str | None = None) -> int:
    """End a kernel's running executions as ``lost``; how many were ended.

    Call it when the kernel's process is known gone and its events are ``drained``.

    Args:
        reason: a sentence for people.
        older_than_generation: leave those that this generation runs.

    Raises:
        Unavailable: the database is away; nothing was ended.
    """
    with services.ledger.write() as session:
        rows = [
            row
            for row in executions.running_of(session, uid)
            if older_than_generation is None or row.generation != older_than_generation
        ]
        lost = [row for row in rows if _lose(session, row.id, reason)]
    _skip_rest(services, uid, lost)
    return len(lost)


def close_all(services: Services, uid: str, reason: str) -> int:
    """End all that a deleted kernel has open: what runs as ``lost``, what waits as ``cancelled``.

    Call it when its process is known gone and the ledger accepts no more cells for it.
    """
    now = time.time()
    with services.ledger.write() as session:
        ended = [row for row in executions.running_of(session, uid) if _lose(session, row.id, reason)]
        waiting = executions.queued(session, uid)
        ended += [r for r in waiting if executions.end(session, r.id, ExecutionState.CANCELLED, now)]
    return len(ended)


def close_claimed(services: Services, kernel: Kernel, taken: Mapping[str, str]) -> None:
    """End as ``lost`` what was claimed by a generation that is known dead, and never reported.

    Args:
        taken: execution id → the claim's generation, of executions that the ledger has queued.
    """
    dead = [one for one, owner in taken.items() if _is_dead(services, kernel, one, owner)]
    if not dead or not drained(services, kernel.uid):
        return
    with services.ledger.write() as session:
        for execution_id in dead:
            _lose(session, execution_id, CLAIMED)


def close_taken(services: Services, uid: str, since: float) -> int:
    """End as ``lost`` what a kernel had claimed before it was known dead, and never reported; how many.

    Call it as ``close_running``. ``since``: when its death was noted: a later claim is somebody else's.

    Raises:
        Unavailable: Redis or the database is away; nothing was ended.
    """
    with services.ledger.read() as session:
        waiting = executions.queued(session, uid)
    # Whoever takes cells takes the first of each queue.
    first = [[row.id for row in waiting if row.interactive is kind][:MOST_TAKEN] for kind in (True, False)]
    owner = owners(services.redis, uid, [*first[0], *first[1]])
    taken = [one for one, name in owner.items() if name is not None and name != CANCELLED]
    dead = [one for one in taken if age_s(services.redis, uid, one) > time.time() - since]
    if not dead:
        return 0
    with services.ledger.write() as session:
        return sum(_lose(session, one, CLAIMED) for one in dead)


def drained(services: Services, uid: str) -> bool:
    """Whether the recorder has handled all that the kernel has said.

    Raises:
        Unavailable: Redis is away.
    """
    key = keys.events(uid)
    with translated():
        try:
            stream = undecoded(services.redis, "XINFO", "STREAM", key)
            groups = undecoded(services.redis, "XINFO", "GROUPS", key)
        except redis.ResponseError:  # there is no such stream
            return True
    mine = [group for group in groups if group[b"name"] == keys.RECORDER_GROUP.encode()]
    if not mine:
        return bool(stream[b"length"] == 0)
    delivered = mine[0][b"last-delivered-id"] == stream[b"last-generated-id"]
    return bool(delivered and mine[0][b"pending"] == 0)


def returns(kernel: Kernel) -> bool:
    """Whether a kernel that is down is to be started again, and will tell from its journal."""
    stopped = kernel.state == KernelState.STOPPED.value
    return stopped and kernel.desired_state == DesiredState.RUNNING.value


def _is_dead(services: Services, kernel: Kernel, execution_id: str, owner: str) -> bool:
    if kernel.state in DOWN:
        bound_s = CLAIMED_BY_DEAD_S
        if returns(kernel):
            return False
    elif kernel.state == KernelState.READY.value and owner != kernel.generation:
        bound_s = CLAIMED_BY_OLD_S
    else:
        return False
    return age_s(services.redis, kernel.uid, execution_id) > bound_s


def _lose(session: Any, execution_id: str, reason: str) -> bool:
    error = plain(CellError("KernelDied", reason, []))
    lost = executions.end(session, execution_id, ExecutionState.LOST, time.time(), error=error)
    if lost:
        logs.write_from_parts(session, execution_id)
    return lost


def _skip_rest(services: Services, uid: str, lost: Iterable[Execution]) -> None:
    """What waits in the ``stop_on_error`` batches of lost executions is skipped."""
    after = {row.batch_id: row.seq for row in lost if row.stop_on_error and row.batch_id}
    if not after:
        return
    with services.ledger.read() as session:
        epoch, waiting = str(broker.epoch(session)), executions.queued(session, uid)
    rest = [r for r in waiting if r.stop_on_error and r.batch_id in after and r.seq > after[r.batch_id]]
    try:
        skipped = [row.id for row in rest if take_to_cancel(services.redis, uid, row.id, epoch)]
    except Unavailable as error:
        log.warning("kernel %s: the rest of a batch was not skipped: %s", uid, error)
        return
    with services.ledger.write() as session:
        for execution_id in skipped:
            executions.end(session, execution_id, ExecutionState.SKIPPED, time.time())
