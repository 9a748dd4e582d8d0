"""Which executions were finalized, and what was answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tasks.ledger.models import Execution, Finalized


def note(s: Session, execution_id: str, answer: dict[str, Any], now: float) -> None:
    """Note that it is finalized."""
    s.add(Finalized(execution_id=execution_id, answer=answer, at=now))
    s.flush()


def forget(s: Session, before: float, limit: int) -> int:
    """Forget those of executions that ended, noted before that time; how many."""
    over = (
        select(Finalized.execution_id)
        .join(Execution, Execution.id == Finalized.execution_id)
        .where(Finalized.at < before, Execution.finished_at.is_not(None))
        .limit(limit)
    )
    ids = list(s.scalars(over))
    s.execute(delete(Finalized).where(Finalized.execution_id.in_(ids)))
    return len(ids)
