"""Changes of runs by who does not advance them: each moves the revision, so that an advance looks again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, literal_column, or_, update
from sqlalchemy.orm import Session

from tasks.ledger.batches import quietly
from tasks.ledger.models import Run

# Written out: SQLite uses the partial index only for such terms.
IS_OPEN = or_(Run.state == literal_column("'queued'"), Run.state == literal_column("'running'"))


def release(s: Session, run_id: str, now: float) -> bool:
    """Let a run begin that waits to be released; False where it does not wait."""
    here = (Run.id == run_id, IS_OPEN, Run.due_at.is_(None))
    return _changed(s, here, {"due_at": now})


def request_cancel(s: Session, run_id: str, now: float) -> bool:
    """Note when somebody first asked for its end; False when it has ended."""
    first = func.coalesce(Run.cancel_requested_at, now)
    return _changed(s, (Run.id == run_id, IS_OPEN), {"cancel_requested_at": first, "due_at": now})


def _changed(s: Session, here: tuple[Any, ...], values: dict[str, Any]) -> bool:
    change = update(Run).where(*here).values(**values, revision=Run.revision + 1).returning(Run.id)
    found = s.scalar(quietly(change))
    if found is None:
        return False
    for row in s.identity_map.values():
        if isinstance(row, Run) and row.id == found:
            s.refresh(row)
    return True
