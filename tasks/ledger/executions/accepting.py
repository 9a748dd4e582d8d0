"""What a kernel is at the moment at which it takes cells: one statement, within the write that takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, literal_column, select

from tasks.ledger.doing import Doing, connection_of
from tasks.ledger.models import Base


@dataclass(frozen=True, slots=True)
class Door:
    """A kernel's row where it matters to a cell that comes.

    ``namespace``: the number of the flow's epoch. ``waiting``: cells, and those of people among them.
    """

    slug: str
    state: str
    desired_state: str
    state_since: float
    intended_at: float | None
    restart_at: float | None
    generation: str | None
    journal_epoch: str | None
    broker_epoch: str | None
    namespace: int
    waiting: int
    waiting_people: int


# Tables and not classes: SQLAlchemy's mapping costs as much as the statement.
_KERNELS, _EXECUTIONS = Base.metadata.tables["kernels"].c, Base.metadata.tables["executions"].c
_NAMESPACES, _BROKER = Base.metadata.tables["namespaces"].c, Base.metadata.tables["broker_state"].c


# Written out, as in ``queue``.
QUEUED_TERM = _EXECUTIONS.status == literal_column("'queued'")


def _count(*terms: ColumnElement[bool]) -> ScalarSelect[int]:
    waiting = (_EXECUTIONS.kernel_uid == bindparam("kernel"), QUEUED_TERM)
    return select(func.count()).where(*waiting, *terms).scalar_subquery()


_NAMESPACE = select(_NAMESPACES.epoch).where(
    _NAMESPACES.kernel_uid == bindparam("kernel"), _NAMESPACES.flow_id == bindparam("flow")
)
_DOOR = select(
    *(_KERNELS[name] for name in ("slug", "state", "desired_state", "state_since", "intended_at")),
    *(_KERNELS[name] for name in ("restart_at", "generation", "journal_epoch")),
    select(_BROKER.epoch).scalar_subquery(),
    func.coalesce(_NAMESPACE.scalar_subquery(), 0),
    _count(),
    _count(_EXECUTIONS.interactive.is_(True)),
).where(_KERNELS.uid == bindparam("kernel"))


def door(s: Doing, kernel_uid: str, flow_id: str) -> Door | None:
    """The kernel as it is; None when there is none.

    Call it after the kernel's counter was taken in this transaction: what others accepted is seen then.
    """
    row = connection_of(s).execute(_DOOR, {"kernel": kernel_uid, "flow": flow_id}).one_or_none()
    return None if row is None else Door(*cast("tuple[Any, ...]", row))
