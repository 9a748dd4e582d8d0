"""What is shown beside the rows of runs: flows' names, executions' figures, where cached nodes came from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.ledger.batches import batched
from tasks.ledger.faults import conflict
from tasks.ledger.models import Execution, Flow, NodeRun, Run, RunGroup


class Figures(NamedTuple):
    """What an execution took. Seconds of the wall and of the CPU, bytes."""

    wall_s: float | None
    cpu_s: float | None
    memory_peak_bytes: int | None


class Glimpse(NamedTuple):
    """As much of an attempt as tells whether it is to be shown again."""

    node_id: str
    attempt: int
    state: str
    revision: int
    execution_id: str | None
    started_at: float | None
    finished_at: float | None
    reason: str | None


def many(s: Session, run_ids: Collection[str]) -> dict[str, Run]:
    """Those of these runs that there are."""
    found: dict[str, Run] = {}
    for some in batched(sorted(run_ids)):
        found.update({row.id: row for row in s.scalars(select(Run).where(Run.id.in_(some)))})
    return found


def flow_names(s: Session, flow_ids: Collection[str]) -> dict[str, str]:
    """Names of flows, of deleted ones too."""
    found: dict[str, str] = {}
    for some in batched(sorted(flow_ids)):
        for flow_id, name in s.execute(select(Flow.id, Flow.name).where(Flow.id.in_(some))):
            found[flow_id] = name
    return found


def glimpses(s: Session, run_id: str) -> list[Glimpse]:
    """The latest attempt at each node that has one."""
    columns = [getattr(NodeRun, name) for name in Glimpse._fields]
    query = select(*columns).where(NodeRun.run_id == run_id).order_by(NodeRun.attempt)
    return list({row.node_id: Glimpse(*row) for row in s.execute(query)}.values())


def rows_of(s: Session, run_id: str, nodes: Collection[str]) -> list[NodeRun]:
    """All attempts at these nodes, by node and attempt."""
    found: list[NodeRun] = []
    for some in batched(sorted(nodes)):
        query = select(NodeRun).where(NodeRun.run_id == run_id, NodeRun.node_id.in_(some))
        found += s.scalars(query.order_by(NodeRun.node_id, NodeRun.attempt))
    return found


def figures(s: Session, execution_ids: Collection[str]) -> dict[str, Figures]:
    """What these executions took, by their ids."""
    columns = (Execution.wall_s, Execution.cpu_s, Execution.memory_peak_bytes)
    found: dict[str, Figures] = {}
    for some in batched(sorted(execution_ids)):
        for row in s.execute(select(Execution.id, *columns).where(Execution.id.in_(some))):
            found[row[0]] = Figures(*row[1:])
    return found


def tracebacks(s: Session, execution_ids: Collection[str]) -> dict[str, list[str]]:
    """Tracebacks of these executions that failed, in lines."""
    found: dict[str, list[str]] = {}
    for some in batched(sorted(execution_ids)):
        for execution_id, error in s.execute(
            select(Execution.id, Execution.error).where(Execution.id.in_(some))
        ):
            if error and error.get("traceback"):
                found[execution_id] = list(error["traceback"])
    return found


def runs_of(s: Session, node_run_ids: Collection[int]) -> dict[int, str]:
    """The runs of attempts, by the attempts' ids."""
    found: dict[int, str] = {}
    for some in batched(sorted(node_run_ids)):
        for row_id, run_id in s.execute(select(NodeRun.id, NodeRun.run_id).where(NodeRun.id.in_(some))):
            found[row_id] = run_id
    return found


def by_key(s: Session, owner_id: int, key: str) -> Run | None:
    """The run that an owner asked for under this key."""
    here = (Run.owner_id == owner_id, Run.idempotency_key == key)
    return s.scalars(select(Run).where(*here)).one_or_none()


def keep_key(s: Session, run: Run, key: str) -> None:
    """Note the key under which a new run was asked for.

    Raises:
        Conflict: another run has it; it was made at the same moment.
    """
    run.idempotency_key = key
    with conflict("a run was asked for under this key at the same moment", "idempotency_key"):
        s.flush()


def add_group(
    s: Session, group_id: str, owner_id: int, flow_id: str, matrix: dict[str, Any], runs: int, now: float
) -> RunGroup:
    """A group of so many runs, which the caller makes in this transaction."""
    group = RunGroup(
        id=group_id, owner_id=owner_id, flow_id=flow_id, matrix=matrix, runs=runs, created_at=now
    )
    s.add(group)
    s.flush()
    return group


def of_group(s: Session, group_id: str) -> list[Run]:
    """The runs of a group, in the order in which they were made."""
    return list(s.scalars(select(Run).where(Run.group_id == group_id).order_by(Run.created_at, Run.id)))
