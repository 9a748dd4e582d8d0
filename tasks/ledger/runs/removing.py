"""Which runs were kept long enough, what they weigh, and their removal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from broker_config.wire.states import RUN_TERMINAL
from tasks.ledger import logs
from tasks.ledger.batches import batched, quietly
from tasks.ledger.models import Artifact, Execution, ExecutionOutput, FlowOutput, NodeRun, OutputPart, Run
from tasks.ledger.places import run_key

ENDED = tuple(state.value for state in RUN_TERMINAL)


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays: runs that ended after ``ended_before`` (unix seconds), and the newest of each flow."""

    ended_before: float
    per_flow: int
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """What goes with some runs: executions, objects that nothing else names, and their bytes."""

    executions: int
    objects: int
    bytes: int


def prunable(s: Session, kept: Kept) -> list[str]:
    """Ids of the runs that need not be kept, the oldest first. One that an open run resumes stays."""
    ended: list[ColumnElement[bool]] = [Run.state.in_(ENDED)]
    if kept.owner_id is not None:
        ended.append(Run.owner_id == kept.owner_id)
    rank = func.row_number().over(partition_by=Run.flow_id, order_by=(Run.created_at.desc(), Run.id.desc()))
    ranked = select(Run.id, Run.finished_at, Run.created_at, rank.label("rank")).where(*ended).subquery()
    resumed = select(Run.resumed_from).where(Run.state.not_in(ENDED), Run.resumed_from.is_not(None))
    query = select(ranked.c.id).where(
        ranked.c.rank > kept.per_flow,
        func.coalesce(ranked.c.finished_at, ranked.c.created_at) < kept.ended_before,
        ranked.c.id.not_in(resumed),
    )
    return list(s.scalars(query.order_by(ranked.c.created_at, ranked.c.id)))


def weight(s: Session, run_ids: Sequence[str]) -> Weight:
    """What removing these runs removes."""
    executions = 0
    sizes: dict[str, int] = {}
    places = [run_key(one) for one in run_ids]
    for some in batched(run_ids):
        query = select(func.count()).select_from(Execution).where(Execution.run_id.in_(some))
        executions += s.scalar(query) or 0
    for table in (FlowOutput, Artifact):
        for some in batched(places):
            here = (table.flow_key.in_(some), table.object_key.is_not(None))
            sizes.update(
                {str(key): size for key, size in s.execute(select(table.object_key, table.size).where(*here))}
            )
    for key in _named_elsewhere(s, sorted(sizes), places):
        sizes.pop(key, None)
    return Weight(executions, len(sizes), sum(sizes.values()))


def remove(s: Session, run_ids: Collection[str]) -> None:
    """Remove rows of runs, of their nodes and executions, and what those put out; audit and fires stay."""
    for some in batched(sorted(run_ids)):
        ids = list(s.scalars(select(Execution.id).where(Execution.run_id.in_(some))))
        for part in batched(ids):
            for table in (OutputPart, ExecutionOutput):
                s.execute(quietly(delete(table).where(table.execution_id.in_(part))))
            logs.forget(s, part)
            s.execute(quietly(delete(Execution).where(Execution.id.in_(part))))
        s.execute(quietly(delete(NodeRun).where(NodeRun.run_id.in_(some))))
        s.execute(quietly(delete(Run).where(Run.id.in_(some))))


def _named_elsewhere(s: Session, keys: Sequence[str], places: Sequence[str]) -> set[str]:
    found: set[str] = set()
    mine = set(places)
    for table in (FlowOutput, Artifact):
        for some in batched(keys):
            rows = s.execute(select(table.object_key, table.flow_key).where(table.object_key.in_(some)))
            found.update(str(key) for key, place in rows if place not in mine)
    return found
