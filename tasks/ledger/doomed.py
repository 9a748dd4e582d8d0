"""Objects that rows no longer name: remembered in the change that let go of them, removed some time later.

Somebody may still be reading one by a URL; and several rows may name one object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tasks.ledger.batches import batched
from tasks.ledger.models import Artifact, CatalogVersion, DoomedObject, FlowOutput, SharedFile
from tasks.ledger.upsert import insert_into

_NAMED_BY = (
    *(Artifact.object_key, FlowOutput.object_key, CatalogVersion.object_key),
    *(SharedFile.object_key, SharedFile.old_key),
)


def doom(s: Session, keys: Iterable[str | None], now: float) -> None:
    """Remember these objects; a later time wins, since somebody was given a URL until then."""
    rows = [{"key": key, "at": now} for key in sorted({key for key in keys if key})]
    if rows:
        new = insert_into(s, DoomedObject)
        s.execute(new.on_conflict_do_update(index_elements=["key"], set_={"at": new.excluded.at}), rows)


def due(s: Session, before: float, limit: int) -> list[str]:
    """Keys of the oldest that were doomed before that time."""
    query = select(DoomedObject.key).where(DoomedObject.at < before).order_by(DoomedObject.at)
    return list(s.scalars(query.limit(limit)))


def waiting(s: Session, keys: Sequence[str]) -> set[str]:
    """Those of these objects that are doomed."""
    found: set[str] = set()
    for some in batched(keys):
        found.update(s.scalars(select(DoomedObject.key).where(DoomedObject.key.in_(some))))
    return found


def forget(s: Session, keys: Sequence[str]) -> None:
    """These are removed, or named again."""
    for some in batched(keys):
        s.execute(delete(DoomedObject).where(DoomedObject.key.in_(some)))


def named(s: Session, keys: Sequence[str]) -> set[str]:
    """Those of these objects that a row names."""
    found: set[str] = set()
    for some in batched(keys):
        for column in _NAMED_BY:
            found.update(key for key in s.scalars(select(column).where(column.in_(some))) if key)
    return found
