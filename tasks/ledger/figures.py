"""Figures of the system: what waits and runs, and what ended lately. Every query has a bound and an index."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from broker_config.wire.states import KernelState
from tasks.ledger.executions.queue import QUEUED, RUNNING
from tasks.ledger.kernel_states import EXISTS
from tasks.ledger.models import Execution, Kernel

MOST_QUEUES = 50
MOST_ENDED = 20_000


@dataclass(frozen=True, slots=True)
class Opened:
    """Executions that have not ended, on kernels that are there and not stopped."""

    waiting: int
    running: int


@dataclass(frozen=True, slots=True)
class KernelQueue:
    """What waits on one kernel: people's cells, or batch work. ``oldest_at``: unix seconds."""

    kernel_uid: str
    interactive: bool
    length: int
    oldest_at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """One execution that ended. Unix seconds; ``started_at`` None: it never ran."""

    status: str
    submitted_at: float
    started_at: float | None
    finished_at: float


def alive_uids(s: Session) -> list[str]:
    """Uids of kernels that are there and not stopped."""
    query = select(Kernel.uid).where(EXISTS, Kernel.state != KernelState.STOPPED.value)
    return list(s.scalars(query.order_by(Kernel.uid)))


def by_state(s: Session) -> Counter[str]:
    """How many kernels are there and not stopped, by state."""
    query = select(Kernel.state, func.count()).where(EXISTS, Kernel.state != KernelState.STOPPED.value)
    return Counter({state: number for state, number in s.execute(query.group_by(Kernel.state))})


def opened(s: Session) -> Opened:
    """See ``Opened``."""
    alive = select(Kernel.uid).where(EXISTS, Kernel.state != KernelState.STOPPED.value)
    waiting, running = (
        s.scalar(select(func.count()).select_from(Execution).where(which, Execution.kernel_uid.in_(alive)))
        for which in (QUEUED, RUNNING)
    )
    return Opened(waiting or 0, running or 0)


def kernel_queues(s: Session) -> list[KernelQueue]:
    """Queues in which something waits, stopped kernels' too, the longest first; at most ``MOST_QUEUES``."""
    length = func.count().label("length")
    query = (
        select(Execution.kernel_uid, Execution.interactive, length, func.min(Execution.submitted_at))
        .where(QUEUED)
        .group_by(Execution.kernel_uid, Execution.interactive)
        .order_by(length.desc(), Execution.kernel_uid)
        .limit(MOST_QUEUES)
    )
    return [
        KernelQueue(uid, bool(people), number, oldest) for uid, people, number, oldest in s.execute(query)
    ]


def ended(s: Session, since: float, most: int = MOST_ENDED) -> list[Ended]:
    """Executions that ended from ``since`` (unix seconds) on, the newest first; at most ``most``."""
    columns = (Execution.status, Execution.submitted_at, Execution.started_at, Execution.finished_at)
    query = select(*columns).where(Execution.finished_at >= since)
    rows = s.execute(query.order_by(Execution.finished_at.desc()).limit(most))
    return [Ended(status, submitted, started, float(end or 0)) for status, submitted, started, end in rows]
