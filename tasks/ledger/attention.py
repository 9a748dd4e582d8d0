"""Which kernels somebody has to look at, and what has to be published again."""

from __future__ import annotations

from sqlalchemy import exists, literal_column, or_, select, update
from sqlalchemy.orm import Session

from broker_config.wire.states import DesiredState, KernelState
from tasks.ledger.models import Execution, Kernel

# Written out, for the partial index.
OPEN = Execution.status.in_([literal_column("'queued'"), literal_column("'running'")])
QUEUED = Execution.status == literal_column("'queued'")


def watched(s: Session, stopped_since: float) -> list[str]:
    """Uids of kernels that may have something to say.

    Not stopped, or lately, or with open executions, or to be deleted once all that they said is recorded.
    """
    recent = or_(Kernel.state != KernelState.STOPPED.value, Kernel.state_since >= stopped_since)
    unfinished = exists().where(Execution.kernel_uid == Kernel.uid, OPEN)
    leaving = Kernel.desired_state == DesiredState.DELETED.value
    there = (Kernel.deleted_at.is_(None), or_(recent, unfinished, leaving))
    return list(s.scalars(select(Kernel.uid).where(*there).order_by(Kernel.uid)))


def ended_with_open(s: Session, ended_before: float) -> list[Kernel]:
    """Kernels that are deleted, stopped or failed since before that time, and have open executions."""
    down = Kernel.state.in_([KernelState.STOPPED.value, KernelState.ERROR.value])
    ended = or_(Kernel.deleted_at.is_not(None), down & (Kernel.state_since < ended_before))
    unfinished = exists().where(Execution.kernel_uid == Kernel.uid, OPEN)
    return list(s.scalars(select(Kernel).where(ended, unfinished).order_by(Kernel.uid)))


def unpublish(s: Session, kernel_uid: str) -> None:
    """Redis lost the kernel's queues: what waits is to be put again, in its order."""
    waiting = (Execution.kernel_uid == kernel_uid, QUEUED)
    s.execute(
        update(Execution).where(*waiting).values(published_at=None),
        execution_options={"synchronize_session": False},
    )
