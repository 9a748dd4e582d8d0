"""Accepting cells: commit first, then publish. What was accepted is never lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from broker_config.wire.errors import Conflict, Unavailable
from broker_config.wire.names import new_execution_id
from broker_config.wire.states import ExecutionState, KernelState
from tasks.failpoints import reach
from tasks.ledger import executions, kernels
from tasks.ledger.executions import NewExecution
from tasks.ledger.models import Execution, Kernel
from tasks.ledger.session import Session
from tasks.publishing import publish
from tasks.services import Services

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as somebody sends it. ``flow_id`` "" is the kernel's loose namespace; times in seconds."""

    code: str
    flow_id: str = ""
    node_id: str | None = None
    interactive: bool = True
    timeout_s: float | None = None
    idempotency_key: str | None = None
    batch_id: str | None = None
    stop_on_error: bool = False


def submit(services: Services, kernel: Kernel, cells: Sequence[Cell]) -> list[Execution]:
    """Accept cells in their order and put them into the kernel's queue.

    An ``idempotency_key`` that was used for the same cell gives the execution that used it. With Redis away
    the cells stay unpublished; the outbox puts them when it is back.

    Raises:
        NotFound: the kernel is deleted.
        Conflict: field ``idempotency_key``: the key was used for another cell.
        Unavailable: the database is away; nothing was accepted.
    """
    try:
        rows = _accept(services, kernel.uid, cells)
    except Conflict as error:
        if error.field != "idempotency_key" or len(cells) != 1:
            raise
        return [_earlier(services, kernel.uid, cells[0], error)]
    reach("submit.committed")
    try:
        publish(services, kernel.uid)
    except Unavailable as error:
        log.warning("kernel %s: %d cells wait for the outbox: %s", kernel.uid, len(rows), error)
    return rows


def _accept(services: Services, uid: str, cells: Sequence[Cell]) -> list[Execution]:
    now = time.time()
    with services.ledger.write() as session:
        new = _with_epochs(session, uid, [_new(uid, cell) for cell in cells])
        seqs = executions.insert(session, uid, new, now)
    return [_row(one, seq, now) for one, seq in zip(new, seqs, strict=True)]


def _new(uid: str, cell: Cell) -> NewExecution:
    return NewExecution(
        id=new_execution_id(uid),
        kernel_uid=uid,
        **asdict(cell),
        epoch_generation=None,
        epoch_number=None,
    )


def _with_epochs(session: Session, uid: str, new: list[NewExecution]) -> list[NewExecution]:
    """Interactive cells are for the namespace that is there now; where there is none they run in any."""
    if not any(one.interactive for one in new):
        return new
    kernel = kernels.get(session, uid)
    if kernel is None or kernel.generation is None or kernel.state != KernelState.READY.value:
        return new
    flows = {one.flow_id for one in new if one.interactive}
    numbers = {flow_id: kernels.epoch_of(session, uid, flow_id) for flow_id in flows}
    return [
        replace(one, epoch_generation=kernel.generation, epoch_number=numbers[one.flow_id])
        if one.interactive
        else one
        for one in new
    ]


def _row(new: NewExecution, seq: int, now: float) -> Execution:
    status = ExecutionState.QUEUED.value
    return Execution(**asdict(new), seq=seq, status=status, revision=0, submitted_at=now)


def _earlier(services: Services, uid: str, cell: Cell, error: Conflict) -> Execution:
    """The execution that used the key, if it is of the same cell."""
    with services.ledger.read() as session:
        row = executions.by_key(session, uid, cell.idempotency_key or "")
    if row is None or (row.code, row.flow_id, row.node_id) != (cell.code, cell.flow_id, cell.node_id):
        raise error
    return row
