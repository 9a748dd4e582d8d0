"""What a kernel is at the moment at which it takes cells: one statement, within the write that takes them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from tasks.ledger.executions.queue import QUEUED
from tasks.ledger.models import BrokerState, Execution, Kernel, Namespace


@dataclass(frozen=True, slots=True)
class Door:
    """A kernel's row where it matters to a cell that comes.

    ``unsent``: how many before it wait to be put into a queue. ``namespace``: the number of the flow's epoch.
    """

    slug: str
    state: str
    desired_state: str
    state_since: float
    intended_at: float | None
    generation: str | None
    journal_epoch: str | None
    broker_epoch: str | None
    namespace: int
    waiting: int
    waiting_people: int
    unsent: int


def _count(*terms: object) -> Select[int]:
    mine = Execution.kernel_uid == bindparam("kernel")
    return select(func.count()).select_from(Execution).where(mine, QUEUED, *terms)  # type: ignore[arg-type]


_NAMESPACE = select(Namespace.epoch).where(
    Namespace.kernel_uid == bindparam("kernel"), Namespace.flow_id == bindparam("flow")
)
_UNSENT = _count(Execution.published_at.is_(None), Execution.seq > bindparam("sent"))
_DOOR = select(
    Kernel.slug,
    Kernel.state,
    Kernel.desired_state,
    Kernel.state_since,
    Kernel.intended_at,
    Kernel.generation,
    Kernel.journal_epoch,
    select(BrokerState.epoch).scalar_subquery(),
    func.coalesce(_NAMESPACE.scalar_subquery(), 0),
    _count().scalar_subquery(),
    _count(Execution.interactive.is_(True)).scalar_subquery(),
    _UNSENT.scalar_subquery(),
).where(Kernel.uid == bindparam("kernel"))


def door(s: Session, kernel_uid: str, flow_id: str, sent: int) -> Door | None:
    """The kernel as it is; None when there is none. ``sent``: the highest seq known to be in a queue.

    Call it after the kernel's counter was taken in this transaction: what others accepted is seen then.
    """
    row = s.execute(_DOOR, {"kernel": kernel_uid, "flow": flow_id, "sent": sent}).one_or_none()
    return None if row is None else Door(*row)
