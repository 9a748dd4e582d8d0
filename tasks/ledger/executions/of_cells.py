"""Executions of a document's cells: a notebook's, or those of a flow's nodes."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from broker_config.wire.states import EXECUTION_OPEN
from tasks.ledger.models import Execution, Kernel, KernelShare, User
from tasks.ledger.shares import Access


def newest_of_their_cells(user: User) -> ColumnElement[bool]:
    """The term of a query for executions after which this user sees no other of the same cell."""
    later = aliased(Execution)
    key, same = (
        (later.submitted_at, later.seq, later.id),
        (Execution.submitted_at, Execution.seq, Execution.id),
    )
    shared = select(KernelShare.kernel_uid).where(KernelShare.user_id == user.id)
    after = exists().where(
        *(later.flow_id == Execution.flow_id, later.cell_id == Execution.cell_id),
        later.node_id.is_not_distinct_from(Execution.node_id),
        or_(later.owner_id == user.id, later.kernel_uid.in_(shared)),
        later.submitted_at >= Execution.submitted_at,  # which the index knows
        tuple_(*key) > tuple_(*same),
    )
    return and_(Execution.cell_id.is_not(None), ~after)


def kernels_of(s: Session, user: User, flow_id: str) -> list[str]:
    """Uids of the kernels on which a flow or notebook ran cells with ids, and which a user may use."""
    run = select(Execution.kernel_uid).where(Execution.flow_id == flow_id, Execution.cell_id.is_not(None))
    query = select(Kernel.uid).where(Kernel.uid.in_(run.distinct()))
    if user.role != "admin":
        here = (KernelShare.user_id == user.id, KernelShare.role == Access.EDITOR.value)
        shared = select(KernelShare.kernel_uid).where(*here)
        there = and_(Kernel.deleted_at.is_(None), Kernel.uid.in_(shared))
        query = query.where(or_(Kernel.owner_id == user.id, there))
    return list(s.scalars(query.order_by(Kernel.uid)))


def open_of(s: Session, kernel_uid: str, flow_id: str) -> list[Execution]:
    """Executions of a flow or notebook that wait or run on a kernel, the last first."""
    states = [state.value for state in EXECUTION_OPEN]
    here = (Execution.kernel_uid == kernel_uid, Execution.status.in_(states), Execution.flow_id == flow_id)
    return list(s.scalars(select(Execution).where(*here).order_by(Execution.seq.desc())))
