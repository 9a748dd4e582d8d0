"""Output of executions: in parts while they run, whole once they ended."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from broker_config.wire.states import EXECUTION_TERMINAL
from tasks.ledger import logs
from tasks.ledger.batches import batched
from tasks.ledger.models import Execution, ExecutionOutput, Kernel, OutputPart
from tasks.ledger.upsert import insert_into

MOST_CLEARED = 2_000
"""In one transaction: others wait for its end."""
_WITH_OBJECTS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (ExecutionOutput, (ExecutionOutput.items, ExecutionOutput.truncated)),
    (OutputPart, (OutputPart.items,)),
)


def outputs(s: Session, ids: Collection[str]) -> dict[str, ExecutionOutput]:
    """What executions put out, of those that have it whole, in one statement."""
    rows = s.scalars(select(ExecutionOutput).where(ExecutionOutput.execution_id.in_(ids)))
    return {row.execution_id: row for row in rows}


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


def objects_shown(s: Session, kernel_uid: str, keys: Collection[str]) -> set[str]:
    """Those of these objects that the output of a kernel's executions shows: big displays, whole texts."""
    found: set[str] = set()
    mine = select(Execution.id).where(Execution.kernel_uid == kernel_uid)
    prefix = f"k/{kernel_uid}/"
    for table, columns in _WITH_OBJECTS:
        texts = [cast(column, Text) for column in columns]
        holds = or_(*(text.contains(prefix, autoescape=True) for text in texts))
        query = select(*texts).where(table.execution_id.in_(mine), holds)
        for row in s.execute(query.execution_options(yield_per=100)):
            found.update(key for key in keys if any(key in text for text in row))
    return found


def clearable(s: Session, kernel_uid: str, flow_id: str, node_id: str | None = None) -> int:
    """How many executions ``clear_outputs`` would clear."""
    here = _ended(kernel_uid, flow_id, node_id)
    return s.scalars(select(func.count()).select_from(Execution).where(*here)).one()


def cleared(s: Session, ids: Collection[str]) -> frozenset[str]:
    """Those of some executions whose output was erased."""
    found: set[str] = set()
    for some in batched(sorted(ids)):
        here = (Execution.id.in_(some), Execution.cleared_at.is_not(None))
        found.update(s.scalars(select(Execution.id).where(*here)))
    return frozenset(found)


def clear_outputs(
    s: Session,
    kernel_uid: str,
    flow_id: str,
    now: float,
    most: int = MOST_CLEARED,
    node_id: str | None = None,
) -> int:
    """Forget what the ended executions of a namespace put out, tracebacks too; returns of how many.

    At most ``most`` of them, the oldest: call again, in a new transaction, until it is fewer. The executions
    stay, with their state. ``now`` in unix seconds. ``node_id``: only the cells of that node, not its runs.
    """
    here = _ended(kernel_uid, flow_id, node_id)
    ids = list(s.scalars(select(Execution.id).where(*here).order_by(Execution.seq).limit(most)))
    for some in batched(ids):
        s.execute(delete(OutputPart).where(OutputPart.execution_id.in_(some)))
        s.execute(delete(ExecutionOutput).where(ExecutionOutput.execution_id.in_(some)))
        logs.forget(s, some)
        forget = update(Execution).where(Execution.id.in_(some)).values(cleared_at=now, error=None)
        s.execute(forget.execution_options(synchronize_session=False))
    if ids:
        # Not a change of the kernel's state: `revision` is the workers'.
        noted = update(Kernel).where(Kernel.uid == kernel_uid).values(cleared_at=now)
        s.execute(noted.execution_options(synchronize_session=False))
    return len(ids)


def _ended(kernel_uid: str, flow_id: str, node_id: str | None) -> tuple[ColumnElement[bool], ...]:
    """Of a namespace, or of a node's cells in it: ended, and not cleared yet."""
    of_node = () if node_id is None else (Execution.node_id == node_id, Execution.run_id.is_(None))
    return (
        *of_node,
        *(Execution.kernel_uid == kernel_uid, Execution.flow_id == flow_id),
        Execution.status.in_([state.value for state in EXECUTION_TERMINAL]),
        Execution.cleared_at.is_(None),
    )
