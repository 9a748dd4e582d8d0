"""Changes of executions' states: by compare-and-set on the state, through the transition table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from broker_config.wire.errors import NotFound, WrongTransition
from broker_config.wire.states import (
    EXECUTION_TERMINAL,
    EXECUTION_TRANSITIONS,
    ExecutionState,
    check,
)
from tasks.ledger.models import Execution


def _swap(s: Session, execution_id: str, new: ExecutionState, values: dict[str, Any]) -> bool:
    """Set the state if the table allows it from what it is; False when it has ended.

    Raises:
        WrongTransition: it is open, and the table forbids the change.
        NotFound: no such execution.
    """
    before = [old.value for old, allowed in EXECUTION_TRANSITIONS.items() if new in allowed]
    change = (
        update(Execution)
        .where(Execution.id == execution_id, Execution.status.in_(before))
        .values(**values, status=new.value, revision=Execution.revision + 1)
        .returning(Execution.id)
        .execution_options(synchronize_session=False)
    )
    if s.scalar(change) is not None:
        _renew(s, execution_id)
        return True
    old = s.scalar(select(Execution.status).where(Execution.id == execution_id))
    if old is None:
        raise NotFound("there is no such execution")
    if ExecutionState(old) in EXECUTION_TERMINAL or old == new.value:
        return False
    check(EXECUTION_TRANSITIONS, ExecutionState(old), new)
    return False


def _renew(s: Session, execution_id: str) -> None:
    """Show the change in a row that this session has read; SQLAlchemy's own way costs twice the update."""
    row = s.identity_map.get(identity_key(Execution, execution_id))
    if row is not None:
        s.refresh(row)


def started(s: Session, execution_id: str, generation: str, at: float) -> bool:
    """queued → running; False when it runs already or has ended.

    Raises:
        NotFound: no such execution.
    """
    return _swap(s, execution_id, ExecutionState.RUNNING, {"generation": generation, "started_at": at})


def end(s: Session, execution_id: str, new: ExecutionState, now: float, **fields: Any) -> bool:
    """Put an open execution into a terminal state for ever; False when it has ended before.

    Raises:
        WrongTransition: ``new`` is not an end, or not from the state it is in.
        NotFound: no such execution.
    """
    if new not in EXECUTION_TERMINAL:
        raise WrongTransition(f"{new} is not the end of an execution")
    return _swap(s, execution_id, new, {"finished_at": now, **fields})


def request_cancel(s: Session, execution_id: str, now: float) -> None:
    """Note when somebody first asked for its end."""
    first = func.coalesce(Execution.cancel_requested_at, now)
    s.execute(update(Execution).where(Execution.id == execution_id).values(cancel_requested_at=first))
