"""Artifacts of one execution: staged while it runs, visible all at once when it ends.

Call these in one transaction that holds the owner (``hold``): then nobody else publishes in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session, defer

from tasks.ledger import news
from tasks.ledger.artifacts.reading import CELLS, RUN, Place, Seen, at, seen_in_short
from tasks.ledger.batches import batched, quietly
from tasks.ledger.doomed import doom
from tasks.ledger.models import Artifact


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """An artifact whose object is stored. Size in bytes, SHA-256 in hex; ``node_id`` "" is none."""

    owner_id: int
    flow_key: str
    scope: str
    name: str
    node_id: str
    kernel_uid: str
    execution_id: str
    object_key: str
    size: int
    sha256: str
    type_name: str
    module: str
    format: str
    meta: dict[str, Any]
    preview: dict[str, Any] | None
    created_at: float


_NEW = tuple(field.name for field in fields(NewArtifact))


def staged_of(s: Session, execution_id: str) -> list[Artifact]:
    """What an execution has staged, by name. ``preview`` is not loaded."""
    query = select(Artifact).where(Artifact.execution_id == execution_id, Artifact.staged)
    return list(s.scalars(query.options(defer(Artifact.preview, raiseload=True)).order_by(Artifact.name)))


def staged_keys(s: Session, execution_id: str, names: Collection[str] | None = None) -> dict[str, str]:
    """The keys of objects that an execution has staged, by name; all, or of these names."""
    query = select(Artifact.name, Artifact.object_key)
    query = query.where(Artifact.execution_id == execution_id, Artifact.staged)
    if names is not None:
        query = query.where(Artifact.name.in_(names))
    return {name: str(key) for name, key in s.execute(query)}


def staged_count(s: Session, execution_id: str) -> int:
    """How many artifacts an execution has staged."""
    here = (Artifact.execution_id == execution_id, Artifact.staged)
    return s.scalar(select(func.count()).select_from(Artifact).where(*here)) or 0


def stage(s: Session, new: Sequence[NewArtifact], now: float) -> None:
    """Stage artifacts of one execution, each name once; at most as many as ``batched`` gives.

    The same object again changes nothing; another object of a name that is staged takes its place.
    """
    if not new:
        return
    execution_id = new[0].execution_id
    before = staged_keys(s, execution_id, [one.name for one in new])
    fresh = [one for one in new if before.get(one.name) != one.object_key]
    replaced = [one.name for one in fresh if one.name in before]
    if replaced:
        here = (Artifact.execution_id == execution_id, Artifact.staged)
        gone = delete(Artifact).where(*here, Artifact.name.in_(replaced)).returning(Artifact.object_key)
        doom(s, s.scalars(quietly(gone)), now)
    if fresh:
        rows = [{name: getattr(one, name) for name in _NEW} for one in fresh]
        s.execute(insert(Artifact), [{**row, "staged": True} for row in rows])


def foreign(
    s: Session, place: Place, scope: str, node_id: str, published: Collection[str], deleted: Collection[str]
) -> list[Seen]:
    """Artifacts of other nodes that stand in the way of these names, once ``deleted`` are deleted."""
    wanted = set(published) - set(deleted)
    if not wanted:
        return []
    return [row for row in seen_in_short(s, place, scope) if row.name in wanted and row.node_id != node_id]


def publish_cells(
    s: Session, place: Place, execution_id: str, published: Sequence[str], deleted: Sequence[str], now: float
) -> None:
    """Make staged artifacts those that cells see; of runs' only what cells see changes."""
    _remove(s, place, CELLS, [*deleted, *published], now)
    _hide(s, place, execution_id, [name for name in deleted if name not in set(published)], now)
    _stand(s, execution_id, published, now)
    news.note(s, place.owner_id, "artifacts")


def publish_run(
    s: Session,
    place: Place,
    node_id: str,
    execution_id: str,
    published: Sequence[str],
    deleted: Sequence[str],
    now: float,
) -> None:
    """Make staged artifacts those of the latest run of a node; what it did not publish again is gone.

    Of cells' own, what has a name that was published now gives way to it.
    """
    mine = [row.name for row in seen_in_short(s, place, RUN) if row.node_id == node_id]
    _remove(s, place, RUN, sorted({*mine, *deleted, *published}), now)
    _remove(s, place, CELLS, published, now)
    _remove(s, place, CELLS, mine, now, Artifact.gone.is_(True))
    _stand(s, execution_id, published, now)
    news.note(s, place.owner_id, "artifacts")


def drop_staged_of(s: Session, execution_id: str, now: float) -> None:
    """Forget what an execution has staged: nobody will see it."""
    _stand(s, execution_id, [], now)


def _stand(s: Session, execution_id: str, published: Sequence[str], now: float) -> None:
    """What was staged and is published stands; what was staged and is not is dropped."""
    here = (Artifact.execution_id == execution_id, Artifact.staged)
    for some in batched(sorted(set(published))):
        s.execute(quietly(update(Artifact).where(*here, Artifact.name.in_(some)).values(staged=False)))
    doom(s, s.scalars(quietly(delete(Artifact).where(*here).returning(Artifact.object_key))), now)


def _remove(
    s: Session, place: Place, scope: str, names: Iterable[str], now: float, *more: ColumnElement[bool]
) -> None:
    for some in batched(sorted(set(names))):
        gone = delete(Artifact).where(*at(place), Artifact.scope == scope, Artifact.name.in_(some), *more)
        doom(s, s.scalars(quietly(gone.returning(Artifact.object_key))), now)


def _hide(s: Session, place: Place, execution_id: str, names: Sequence[str], now: float) -> None:
    """Cells no longer see runs' artifacts of these names."""
    there: set[str] = set()
    for some in batched(sorted(set(names))):
        here = (*at(place), Artifact.scope == RUN, Artifact.name.in_(some))
        there.update(s.scalars(select(Artifact.name).where(*here)))
    s.add_all(_tombstone(place, execution_id, name, now) for name in sorted(there))
    s.flush()


def _tombstone(place: Place, execution_id: str, name: str, now: float) -> Artifact:
    return Artifact(
        owner_id=place.owner_id,
        flow_key=place.flow_key,
        scope=CELLS,
        name=name,
        staged=False,
        gone=True,
        node_id="",
        kernel_uid="",
        execution_id=execution_id,
        created_at=now,
    )
