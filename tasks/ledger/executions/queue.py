"""What waits and what runs on a kernel. Few rows are open: a partial index holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from sqlalchemy import Select, and_, bindparam, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from broker_config.wire.states import ExecutionState
from tasks.ledger.models import Execution

# Written out: the databases use a partial index only for a term that they see.
QUEUED = Execution.status == literal_column("'queued'")
RUNNING = Execution.status == literal_column("'running'")
ASKED_AT_ONCE = 1_000


def _of(kernel_uid: str) -> Select[Execution]:
    return select(Execution).where(Execution.kernel_uid == kernel_uid).order_by(Execution.seq)


def unpublished(s: Session, kernel_uid: str) -> list[Execution]:
    """Queued and never put into a queue, by seq."""
    return list(s.scalars(_of(kernel_uid).where(QUEUED, Execution.published_at.is_(None))))


def still_queued(s: Session, ids: Iterable[str]) -> set[str]:
    """Those of them, any number, that still wait."""
    found: set[str] = set()
    left = iter(ids)
    while chunk := list(islice(left, ASKED_AT_ONCE)):
        found |= set(s.scalars(select(Execution.id).where(QUEUED, Execution.id.in_(chunk))))
    return found


def mark_published(s: Session, put: Mapping[str, float]) -> None:
    """Note when those of them that still wait were put into their queue: of others nobody asks it.

    Any number of ids, each with its time in unix seconds.
    """
    if put:
        one = update(Execution).where(Execution.id == bindparam("put_id"), QUEUED)
        rows = [{"put_id": execution_id, "put_at": at} for execution_id, at in put.items()]
        s.connection().execute(one.values(published_at=bindparam("put_at")), rows)


def queued(s: Session, kernel_uid: str) -> list[Execution]:
    """All that wait, by seq: both queues."""
    return list(s.scalars(_of(kernel_uid).where(QUEUED)))


def running_of(s: Session, kernel_uid: str) -> list[Execution]:
    """All that are recorded as running, by seq."""
    return list(s.scalars(_of(kernel_uid).where(RUNNING)))


def current(s: Session, kernel_uid: str) -> Execution | None:
    """What runs now."""
    return s.scalars(_of(kernel_uid).where(RUNNING).limit(1)).first()


def queued_kernels(s: Session, before: float) -> list[str]:
    """Uids of kernels on which something waits that was submitted before that time."""
    query = select(Execution.kernel_uid).where(QUEUED, Execution.submitted_at < before).distinct()
    return list(s.scalars(query))


def queue_length(s: Session, kernel_uid: str) -> int:
    """How many wait on a kernel."""
    query = select(func.count()).select_from(Execution).where(Execution.kernel_uid == kernel_uid, QUEUED)
    return s.scalar(query) or 0


def position(s: Session, execution: Execution) -> int:
    """Its place among what waits, 1 is next; 0: it runs or has ended. People's cells come before batches'."""
    if execution.status != ExecutionState.QUEUED.value:
        return 0
    not_behind = Execution.seq <= execution.seq
    mine = and_(Execution.interactive.is_(execution.interactive), not_behind)
    first = mine if execution.interactive else or_(mine, Execution.interactive.is_(True))
    waiting = (Execution.kernel_uid == execution.kernel_uid, QUEUED)
    return s.scalar(select(func.count()).select_from(Execution).where(*waiting, first)) or 0
