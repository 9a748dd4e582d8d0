"""Output of executions: in parts while they run, whole once they ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from broker_config.wire.states import EXECUTION_TERMINAL
from tasks.ledger.models import Execution, ExecutionOutput, Kernel, OutputPart
from tasks.ledger.upsert import insert_into

MOST_AT_ONCE = 500


def output(s: Session, execution_id: str) -> ExecutionOutput | None:
    """What an execution put out: the whole, or the parts so far; None when there is nothing."""
    whole = s.get(ExecutionOutput, execution_id)
    if whole is not None:
        return whole
    query = select(OutputPart).where(OutputPart.execution_id == execution_id).order_by(OutputPart.id)
    parts = s.scalars(query).all()
    if not parts:
        return None
    return ExecutionOutput(
        execution_id=execution_id,
        items=[item for part in parts for item in part.items],
        logs=[record for part in parts for record in part.logs],
        truncated=[],
        outputs=[],
        artifacts={},
    )


def append_output(
    s: Session, execution_id: str, items: list[Any], logs: list[Any], part: str | None = None
) -> None:
    """Add what is new. ``part`` names the event it came by: the same again changes nothing.

    Raises:
        Conflict: no such execution.
    """
    values = {"execution_id": execution_id, "part": part, "items": items, "logs": logs}
    if part is None:
        s.execute(insert(OutputPart), values)
    else:
        row = insert_into(s, OutputPart).values(values)
        s.execute(row.on_conflict_do_nothing(index_elements=["execution_id", "part"]))


def clear_outputs(s: Session, kernel_uid: str, flow_id: str, now: float) -> int:
    """Forget what the ended executions of a namespace put out, tracebacks too; returns of how many.

    The executions stay, with their state. ``now`` in unix seconds.
    """
    ended = [state.value for state in EXECUTION_TERMINAL]
    here = (
        *(Execution.kernel_uid == kernel_uid, Execution.flow_id == flow_id),
        *(Execution.status.in_(ended), Execution.cleared_at.is_(None)),
    )
    ids = list(s.scalars(select(Execution.id).where(*here)))
    for some in batched(ids):
        s.execute(delete(OutputPart).where(OutputPart.execution_id.in_(some)))
        s.execute(delete(ExecutionOutput).where(ExecutionOutput.execution_id.in_(some)))
        forget = update(Execution).where(Execution.id.in_(some)).values(cleared_at=now, error=None)
        s.execute(forget.execution_options(synchronize_session=False))
    if ids:
        # Not a change of the kernel's state: `revision` is the workers'.
        noted = update(Kernel).where(Kernel.uid == kernel_uid).values(cleared_at=now)
        s.execute(noted.execution_options(synchronize_session=False))
    return len(ids)


def batched(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in parts that both databases take as parameters of one statement."""
    for start in range(0, len(ids), MOST_AT_ONCE):
        yield ids[start : start + MOST_AT_ONCE]
