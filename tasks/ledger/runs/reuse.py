"""What an earlier run left of a node, and whether all of it is still there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from sqlalchemy import literal_column, or_, select
from sqlalchemy.orm import Session

from tasks.ledger.batches import batched
from tasks.ledger.models import Base

_RUNS, _NODES = Base.metadata.tables["runs"].c, Base.metadata.tables["node_runs"].c
_EXECUTIONS, _TOLD = Base.metadata.tables["executions"], Base.metadata.tables["execution_outputs"]
_FILES, _VERSIONS = Base.metadata.tables["shared_files"].c, Base.metadata.tables["catalog_versions"].c
MOST_LOOKED_AT = 3
_DONE = or_(_NODES.state == literal_column("'succeeded'"), _NODES.state == literal_column("'cached'"))


class Earlier(NamedTuple):
    """A node that was done in an earlier run."""

    id: int
    run_id: str
    node_id: str
    state: str
    execution_id: str | None
    lock_digest: str | None
    cached_from: int | None
    rows_in: int | None
    rows_out: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """What an execution said that it made: names of outputs and artifacts, and of what it deleted."""

    outputs: frozenset[str]
    published: frozenset[str]
    deleted: frozenset[str]


_EARLIER = [_NODES[name] for name in Earlier._fields]


def by_key(s: Session, owner_id: int, key: str) -> list[Earlier]:
    """The newest nodes of this owner that were done under a key."""
    query = (
        select(*_EARLIER)
        .join(Base.metadata.tables["runs"], _RUNS.id == _NODES.run_id)
        .where(_NODES.cache_key == key, _DONE, _RUNS.owner_id == owner_id)
        .order_by(_NODES.id.desc())
        .limit(MOST_LOOKED_AT)
    )
    return [Earlier(*cast("tuple[Any, ...]", row)) for row in s.connection().execute(query)]


def done_in(s: Session, run_id: str) -> dict[str, Earlier]:
    """The nodes that were done in a run, by id."""
    query = select(*_EARLIER).where(_NODES.run_id == run_id, _DONE)
    found = [Earlier(*cast("tuple[Any, ...]", row)) for row in s.connection().execute(query)]
    return {one.node_id: one for one in found}


def told_by(s: Session, execution_ids: Collection[str]) -> dict[str, Told]:
    """What these executions said; of one that is gone, or whose output was erased, nothing is known."""
    query = select(_EXECUTIONS.c.id, _TOLD.c.outputs, _TOLD.c.artifacts).select_from(
        _EXECUTIONS.outerjoin(_TOLD, _TOLD.c.execution_id == _EXECUTIONS.c.id)
    )
    found: dict[str, Told] = {}
    for some in batched(sorted(execution_ids)):
        here = (_EXECUTIONS.c.id.in_(some), _EXECUTIONS.c.cleared_at.is_(None))
        for one, outputs, artifacts in s.connection().execute(query.where(*here)):
            made = artifacts or {}
            found[one] = Told(
                _names(outputs), _names(made.get("published")), frozenset(made.get("deleted") or ())
            )
    return found


def has_side_effects(s: Session, execution_id: str) -> bool:
    """Whether an execution wrote a shared file or published to the catalog."""
    for column, more in (
        (_FILES.execution_id, ()),
        (_VERSIONS.execution_id, (_VERSIONS.version.is_not(None),)),
    ):
        query = select(column).where(column == execution_id, *more).limit(1)
        if s.connection().execute(query).first() is not None:
            return True
    return False


def _names(given: Any) -> frozenset[str]:
    return frozenset(str(one.get("name")) for one in given or () if isinstance(one, dict))
