"""Ends of many executions in a few statements: what the recorder writes most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update
from sqlalchemy.orm import Session

from broker_config.wire.errors import WrongTransition
from broker_config.wire.states import EXECUTION_TERMINAL, EXECUTION_TRANSITIONS, ExecutionState
from tasks.ledger import logs
from tasks.ledger.models import Base, Execution, ExecutionOutput, OutputPart

_ROWS = Base.metadata.tables[Execution.__tablename__]
_PARTS = Base.metadata.tables[OutputPart.__tablename__]
_OPEN = Execution.status.in_([literal_column("'queued'"), literal_column("'running'")])
_IDS: Any = bindparam("ids", expanding=True)
# Made once: what is built of as many parts as there are ids is built again each time.
_FOUND = (
    select(Execution.id, Execution.status, Execution.run_id)
    .where(Execution.id.in_(_IDS), _OPEN)
    # In one order, so that two recorders never wait for each other in a circle.
    .order_by(Execution.id)
    .with_for_update()
)
_ADD_OUTPUTS = insert(Base.metadata.tables[ExecutionOutput.__tablename__])
"""An execution ends once, so its output is written once."""
_DROP_PARTS = delete(_PARTS).where(_PARTS.c.execution_id.in_(_IDS))
_END = (
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("execution"), _ROWS.c.status == bindparam("before"))
    .values(
        status=bindparam("new"),
        revision=_ROWS.c.revision + 1,
        finished_at=bindparam("finished_at"),
        started_at=func.coalesce(bindparam("started_at", type_=_ROWS.c.started_at.type), _ROWS.c.started_at),
        **{
            name: bindparam(name, type_=_ROWS.c[name].type)
            for name in ("generation", "execution_count", "wall_s", "cpu_s", "memory_peak_bytes", "error")
        },
    )
)


@dataclass(frozen=True, slots=True)
class Output:
    """Whole output as plain data: see ``ExecutionOutput``."""

    items: list[Any] = field(default_factory=list)
    truncated: list[Any] = field(default_factory=list)
    logs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    artifacts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not (self.items or self.truncated or self.logs or self.outputs or any(self.artifacts.values()))


@dataclass(frozen=True, slots=True)
class Ending:
    """How one execution ended. Times in unix seconds; ``started_at`` None leaves what is there."""

    execution_id: str
    status: ExecutionState
    finished_at: float
    started_at: float | None
    generation: str
    execution_count: int | None
    wall_s: float | None
    cpu_s: float | None
    memory_peak_bytes: int | None
    error: dict[str, Any] | None
    output: Output


def end_many(s: Session, endings: Sequence[Ending]) -> dict[str, str | None]:
    """End those that are open, with their output; the ids that were ended now, each with the run of a flow
    that it is of. The first of two counts.

    One that runs and is said to be skipped has failed: it ran.

    Raises:
        WrongTransition: a status that is no end.
    """
    if any(one.status not in EXECUTION_TERMINAL for one in endings):
        raise WrongTransition("a state that is not the end of an execution")
    first = {one.execution_id: one for one in reversed(endings)}
    found = s.execute(_FOUND, {"ids": list(first)}).all()
    before = {execution_id: status for execution_id, status, _ in found}
    if not before:
        return {}
    s.connection().execute(_END, [_values(first[one], status) for one, status in before.items()])
    _write_outputs(s, [first[one] for one in before])
    return {execution_id: run_id for execution_id, _, run_id in found}


def _values(one: Ending, before: str) -> dict[str, Any]:
    allowed = one.status in EXECUTION_TRANSITIONS[ExecutionState(before)]
    return {
        "execution": one.execution_id,
        "before": before,
        "new": (one.status if allowed else ExecutionState.FAILED).value,
        "finished_at": one.finished_at,
        "started_at": one.started_at,
        "generation": one.generation,
        "execution_count": one.execution_count,
        "wall_s": one.wall_s,
        "cpu_s": one.cpu_s,
        "memory_peak_bytes": one.memory_peak_bytes,
        "error": one.error,
    }


def _write_outputs(s: Session, endings: Sequence[Ending]) -> None:
    ids = [one.execution_id for one in endings]
    s.connection().execute(_DROP_PARTS, {"ids": ids})
    rows = [
        {
            "execution_id": one.execution_id,
            "items": one.output.items,
            "truncated": one.output.truncated,
            "logs": one.output.logs,
            "outputs": one.output.outputs,
            "artifacts": one.output.artifacts,
        }
        for one in endings
        if not one.output.is_empty
    ]
    if rows:
        s.connection().execute(_ADD_OUTPUTS, rows)
    logs.write(s, {one.execution_id: one.output.logs for one in endings})
