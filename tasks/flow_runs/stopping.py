"""Executions of a run that shall not go on: taken out of the queue, interrupted, at last killed."""

from __future__ import annotations

import logging
import time
from typing import Any

from broker_config.wire.codec import plain
from broker_config.wire.errors import Unavailable
from broker_config.wire.events import CellError
from broker_config.wire.messages import Interrupt, Kill
from broker_config.wire.states import ExecutionState
from tasks.claims import take_to_cancel
from tasks.control_list import tell
from tasks.flow_runs.looked import Look
from tasks.ledger import broker, executions
from tasks.ledger.runs import AttemptRow
from tasks.services import Services

KILL_AFTER_S = 10.0

log = logging.getLogger(__name__)


def stop(services: Services, look: Look) -> bool:
    """Do what the look found about those; whether one ended by it, so that there is more to decide."""
    ended = False
    try:
        for row, words in look.stuck:
            error = plain(CellError("KernelNotRunning", words, []))
            ended |= _withdraw(services, row, ExecutionState.FAILED, error=error)
        for row in look.stops:
            if row.status == ExecutionState.QUEUED and _withdraw(services, row, ExecutionState.CANCELLED):
                ended = True
            else:
                _interrupt(services, row, look)
    except Unavailable as error:
        log.warning("run %s: what runs is stopped later: %s", look.run.id, error)
    return ended


def _withdraw(services: Services, row: AttemptRow, end: ExecutionState, **fields: Any) -> bool:
    """End an execution that nobody has begun; False: a kernel has it, or that is not known now."""
    uid, execution_id, now = str(row.kernel_uid), str(row.execution_id), time.time()
    with services.ledger.read() as s:
        epoch = broker.epoch(s)
    if not take_to_cancel(services.redis, uid, execution_id, str(epoch)):
        return False
    with services.ledger.write() as s:
        executions.request_cancel(s, execution_id, now)
        return executions.end(s, execution_id, end, now, **fields)


def _interrupt(services: Services, row: AttemptRow, look: Look) -> None:
    uid, execution_id = str(row.kernel_uid), str(row.execution_id)
    if row.cancel_requested_at is None:
        with services.ledger.write() as s:
            executions.request_cancel(s, execution_id, look.now)
        tell(services.redis, uid, Interrupt(execution_id))
    elif look.now >= (look.ended_at or look.now) + KILL_AFTER_S:
        tell(services.redis, uid, Kill(execution_id))
