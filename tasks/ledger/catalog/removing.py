"""Deleting versions. Numbers are not used again while a name lives; with its last version it ends."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete as delete_from
from sqlalchemy import select
from sqlalchemy.orm import Session

from broker_config.wire.errors import Conflict
from tasks.ledger import news
from tasks.ledger.batches import batched, quietly
from tasks.ledger.catalog.reading import find, latest, of_name
from tasks.ledger.doomed import doom
from tasks.ledger.holding import hold
from tasks.ledger.models import (
    CatalogInput,
    CatalogName,
    CatalogRead,
    CatalogTag,
    CatalogVersion,
    Execution,
)

FORCE = "this is the latest version, which code reads that names none: say force to delete it"


def delete(s: Session, owner_id: int, namespace: str, name: str, version: int | None, now: float) -> int:
    """Delete a version, or with None all of a name; how many.

    Raises:
        NotFound: there is no such name, or no such version.
    """
    hold(s, owner_id)
    if version is not None:
        return remove_rows(s, [find(s, owner_id, namespace, name, version)], now)
    latest(s, owner_id, namespace, name)
    return remove_rows(
        s, s.scalars(select(CatalogVersion).where(*of_name(owner_id, namespace, name))).all(), now
    )


def delete_by_person(
    s: Session, owner_id: int, namespace: str, name: str, version: int | None, force: bool, now: float
) -> int:
    """As ``delete``, but what is the latest version, or all of a name, only with ``force``.

    Raises:
        Conflict: field ``force``: it is the latest. NotFound: as ``delete``.
    """
    hold(s, owner_id)
    newest = latest(s, owner_id, namespace, name)
    if not force and version in {None, newest.version}:
        raise Conflict(FORCE, "force")
    return delete(s, owner_id, namespace, name, version, now)


def drop_prepared(s: Session, made_before: float, ended_before: float, limit: int) -> int:
    """Forget versions that were prepared and never came: how many.

    Old ones, and those of executions that ended long ago. What was uploaded for them nothing names.
    """
    prepared = select(CatalogVersion.id).where(CatalogVersion.version.is_(None))
    ended = prepared.join(Execution, Execution.id == CatalogVersion.execution_id)
    over = {
        *s.scalars(prepared.where(CatalogVersion.created_at < made_before).limit(limit)),
        *s.scalars(ended.where(Execution.finished_at < ended_before).limit(limit)),
    }
    for some in batched(sorted(over)):
        # One that became a version meanwhile stays.
        here = (CatalogVersion.id.in_(some), CatalogVersion.version.is_(None))
        s.execute(delete_from(CatalogVersion).where(*here))
    return len(over)


def remove_rows(s: Session, rows: Sequence[CatalogVersion], now: float) -> int:
    """Delete these versions, and names that have none any more; how many. The caller holds the owner."""
    for owner_id in {row.owner_id for row in rows}:
        news.note(s, owner_id, "catalog")
    ids = [row.id for row in rows]
    doom(s, [row.object_key for row in rows], now)
    for some in batched(ids):
        for table in (CatalogTag, CatalogInput, CatalogRead):
            s.execute(quietly(delete_from(table).where(table.version_id.in_(some))))
        s.execute(quietly(delete_from(CatalogVersion).where(CatalogVersion.id.in_(some))))
    for owner_id, namespace, name in sorted({(row.owner_id, row.namespace, row.name) for row in rows}):
        _end_name(s, owner_id, namespace, name)
    for row in rows:
        s.expunge(row)
    return len(ids)


def _end_name(s: Session, owner_id: int, namespace: str, name: str) -> None:
    left = select(CatalogVersion.id).where(*of_name(owner_id, namespace, name)).limit(1)
    if s.scalar(left) is None:
        here = (
            CatalogName.owner_id == owner_id,
            CatalogName.namespace == namespace,
            CatalogName.name == name,
        )
        s.execute(quietly(delete_from(CatalogName).where(*here)))
