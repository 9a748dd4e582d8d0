"""Cancelling: what waits is taken out, what runs is interrupted or killed. One claim decides which it is."""

from __future__ import annotations

import logging
import time

from broker_config.queues import queue_of
from broker_config.wire.errors import Conflict, Unavailable
from broker_config.wire.messages import Interrupt, Kill
from broker_config.wire.states import EXECUTION_TERMINAL, KERNEL_TAKES_CELLS, ExecutionState, KernelState
from tasks.broker import translated
from tasks.claims import take_to_cancel
from tasks.control_list import tell
from tasks.ledger import audit, broker, executions, kernels
from tasks.ledger.audit import Actor, Change
from tasks.ledger.models import Execution
from tasks.ledger.session import Session
from tasks.queue_contents import lying
from tasks.services import Services

MOST_LOOKED_AT = 1_000

log = logging.getLogger(__name__)


def cancel(
    services: Services, execution: Execution, kill: bool = False, actor: Actor | None = None
) -> Execution:
    """Cancel an execution; its row afterwards: ``cancelled``, or still open while the kernel interrupts it.

    ``actor``: whose doing it is, for the audit.

    Raises:
        Conflict: it has ended.
        Unavailable: Redis or the database is away, or Redis lost data and is being rebuilt.
    """
    if ExecutionState(execution.status) in EXECUTION_TERMINAL:
        raise Conflict(f"this execution has ended: it is {execution.status}")
    if execution.status == ExecutionState.QUEUED.value and _taken_out(services, execution, actor):
        _remove_message(services, execution)
    else:
        with services.ledger.write() as session:
            _request(session, execution, kill, actor)
        tell(services.redis, execution.kernel_uid, (Kill if kill else Interrupt)(execution.id))
    with services.ledger.read() as session:
        return executions.get(session, execution.id) or execution


def _taken_out(services: Services, execution: Execution, actor: Actor | None) -> bool:
    """Whether the execution was still unclaimed, and is cancelled now.

    Raises:
        Conflict: it ended meanwhile.
    """
    with services.ledger.read() as session:
        kernel, epoch = kernels.get(session, execution.kernel_uid), broker.epoch(session)
    lives = kernel is not None and KernelState(kernel.state) in KERNEL_TAKES_CELLS
    # A kernel that has not told its journal since a loss of data may have this one.
    unknown = kernel is not None and lives and kernel.generation and kernel.journal_epoch != epoch
    ours = None if unknown else take_to_cancel(services.redis, execution.kernel_uid, execution.id, str(epoch))
    if ours is None:
        raise Unavailable("the broker lost data and is being rebuilt; try again in a few seconds")
    if not ours:
        return False
    with services.ledger.write() as session:
        _request(session, execution, False, actor)
        if not executions.end(session, execution.id, ExecutionState.CANCELLED, time.time()):
            raise Conflict("this execution ended meanwhile")
    return True


def _request(session: Session, execution: Execution, kill: bool, actor: Actor | None) -> None:
    now = time.time()
    executions.request_cancel(session, execution.id, now)
    if actor is not None:
        change = Change("execution.cancel", execution.id, {"kernel": execution.kernel_uid, "kill": kill})
        audit.note(session, actor, change, now)


def _remove_message(services: Services, execution: Execution) -> None:
    """Take its message out of the queue; one that stays is dropped by the kernel, which cannot claim it."""
    queue = queue_of(execution.kernel_uid, execution.interactive)
    try:
        for number, found in enumerate(lying(services.redis, queue)):
            if found.execution_id == execution.id:
                with translated():
                    services.redis.lrem(queue, 1, found.message)  # type: ignore[arg-type]
                return
            if number >= MOST_LOOKED_AT:
                return
    except Unavailable as error:
        log.warning("execution %s: its message stays in the queue: %s", execution.id, error)
