"""A run as a look at it needs it: plain rows, in few statements, since every node's end causes a look."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from sqlalchemy import and_, bindparam, literal_column, not_, or_, select
from sqlalchemy.orm import Session

from tasks.ledger.artifacts import RUN
from tasks.ledger.batches import batched
from tasks.ledger.models import Base
from tasks.ledger.places import run_key
from tasks.ledger.runs.changes import IS_OPEN

_RUNS, _NODES = Base.metadata.tables["runs"], Base.metadata.tables["node_runs"]
_EXECUTIONS = Base.metadata.tables["executions"]
_OUTPUTS, _ARTIFACTS = Base.metadata.tables["flow_outputs"].c, Base.metadata.tables["artifacts"].c


Ended: TypeAlias = tuple[str, int, str, float | None]
"""Node, attempt, state, and when it ended in unix seconds."""


class RunRow(NamedTuple):
    """A run. Times in unix seconds."""

    id: str
    owner_id: int
    flow_id: str
    flow_version: int
    state: str
    revision: int
    resumed_from: str | None
    parameters: dict[str, Any]
    options: dict[str, Any]
    kernels: dict[str, str]
    woken: dict[str, str]
    created_at: float
    deadline: float | None
    due_at: float | None
    cancel_requested_at: float | None


class AttemptRow(NamedTuple):
    """An attempt that is open; of one that runs, what its execution is by now (``status`` and on)."""

    id: int
    node_id: str
    attempt: int
    state: str
    kernel_uid: str | None
    execution_id: str | None
    not_before: float | None
    status: str | None
    started_at: float | None
    finished_at: float | None
    error: dict[str, Any] | None
    cancel_requested_at: float | None


class Table(NamedTuple):
    """An output of a node in a run."""

    node_id: str
    name: str
    rows: int | None
    sha256: str
    damaged: bool


class Sum(NamedTuple):
    """An artifact of a node in a run."""

    node_id: str
    name: str
    sha256: str
    damaged: bool
    execution_id: str


# Statements are made once: making one costs as much as asking it.
_RUN = select(*(_RUNS.c[name] for name in RunRow._fields)).where(_RUNS.c.id == bindparam("run"))
_RUNNING = _NODES.c.state == literal_column("'running'")
_OPEN = or_(_RUNNING, _NODES.c.state == literal_column("'pending'"))
_ATTEMPTS = (
    select(
        *(_NODES.c[name] for name in AttemptRow._fields[:7]),
        *(_EXECUTIONS.c[name] for name in AttemptRow._fields[7:]),
    )
    .select_from(_NODES.outerjoin(_EXECUTIONS, and_(_RUNNING, _EXECUTIONS.c.id == _NODES.c.execution_id)))
    .where(_NODES.c.run_id == bindparam("run"), _OPEN)
    .order_by(_NODES.c.id)
)
_ENDED = (
    select(_NODES.c.node_id, _NODES.c.attempt, _NODES.c.state, _NODES.c.finished_at)
    .where(_NODES.c.run_id == bindparam("run"), not_(_OPEN))
    .order_by(_NODES.c.id)
)
_TABLES = select(*(_OUTPUTS[name] for name in Table._fields)).where(
    _OUTPUTS.owner_id == bindparam("owner"),
    _OUTPUTS.flow_key == bindparam("place"),
    _OUTPUTS.node_id.in_(bindparam("nodes", expanding=True)),
)


def run_row(s: Session, run_id: str) -> RunRow | None:
    """The run of an id."""
    row = s.connection().execute(_RUN, {"run": run_id}).one_or_none()
    return None if row is None else RunRow(*cast("tuple[Any, ...]", row))


def attempts(s: Session, run_id: str) -> list[AttemptRow]:
    """The open attempts at its nodes, the oldest first."""
    rows = s.connection().execute(_ATTEMPTS, {"run": run_id})
    return [AttemptRow(*cast("tuple[Any, ...]", row)) for row in rows]


def ended(s: Session, run_id: str) -> Sequence[Ended]:
    """The attempts that have ended, the oldest first.

    Of a large run these are many, and each look reads them: no more than a decision needs.
    """
    return cast("Sequence[Ended]", s.connection().execute(_ENDED, {"run": run_id}).all())


def tables_of(s: Session, owner_id: int, run_id: str, nodes: Collection[str]) -> list[Table]:
    """What these nodes put out in a run."""
    found: list[Table] = []
    for some in batched(sorted(nodes)):
        values = {"owner": owner_id, "place": run_key(run_id), "nodes": list(some)}
        found += [Table(*cast("tuple[Any, ...]", row)) for row in s.connection().execute(_TABLES, values)]
    return found


def sums_of(s: Session, owner_id: int, run_id: str, nodes: Collection[str] | None = None) -> list[Sum]:
    """The artifacts that stand in a run's place; None: of all nodes."""
    here = (_ARTIFACTS.owner_id == owner_id, _ARTIFACTS.flow_key == run_key(run_id))
    query = select(*(_ARTIFACTS[name] for name in Sum._fields)).where(
        *here, ~_ARTIFACTS.staged, _ARTIFACTS.scope == RUN
    )
    parts = [None] if nodes is None else list(batched(sorted(nodes)))
    found: list[Sum] = []
    for some in parts:
        part = query if some is None else query.where(_ARTIFACTS.node_id.in_(some))
        found += [Sum(*cast("tuple[Any, ...]", row)) for row in s.connection().execute(part)]
    return found


def due(s: Session, now: float, limit: int) -> list[str]:
    """Ids of open runs whose time for a look has come, the longest due first."""
    columns = _RUNS.c
    query = select(columns.id).where(IS_OPEN, columns.due_at <= now).order_by(columns.due_at).limit(limit)
    return list(s.connection().execute(query).scalars())


def open_using(s: Session, owner_id: int, uid: str, but: str) -> str | None:
    """Another open run of that owner that has nodes on this kernel."""
    columns = _RUNS.c
    query = select(columns.id, columns.kernels).where(
        IS_OPEN, columns.owner_id == owner_id, columns.id != but, columns.due_at.is_not(None)
    )
    return next((one for one, kernels in s.connection().execute(query) if uid in kernels.values()), None)
