"""Reading the catalog. A version that is only prepared is nowhere seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, defer

from broker_config.wire.errors import NotFound
from tasks.ledger import pages
from tasks.ledger.models import CatalogName, CatalogTag, CatalogVersion

STORED = CatalogVersion.version.is_not(None)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: all of these hold. ``text``: is in the name or description, whatever its case."""

    tags: list[str] = field(default_factory=list)
    namespace: str | None = None
    name: str | None = None
    text: str | None = None


def of_name(owner_id: int, namespace: str, name: str) -> tuple[ColumnElement[bool], ...]:
    """The term of a query for the versions of a name."""
    return (
        STORED,
        CatalogVersion.owner_id == owner_id,
        CatalogVersion.namespace == namespace,
        CatalogVersion.name == name,
    )


def _found(query: Select[CatalogVersion], search: Search) -> Select[CatalogVersion]:
    if search.namespace is not None:
        query = query.where(CatalogVersion.namespace == search.namespace)
    if search.name is not None:
        query = query.where(CatalogVersion.name == search.name)
    if search.text:
        words = search.text.lower()
        texts = (func.lower(CatalogVersion.name), func.lower(func.coalesce(CatalogVersion.description, "")))
        query = query.where(or_(*(text.contains(words, autoescape=True) for text in texts)))
    for tag in sorted(set(search.tags)):
        here = (CatalogTag.version_id == CatalogVersion.id, CatalogTag.tag == tag)
        query = query.where(select(CatalogTag.tag).where(*here).exists())
    return query


def _newest() -> ColumnElement[bool]:
    """The term for the latest version of each name."""
    newer = aliased(CatalogVersion)
    return ~(
        select(newer.id)
        .where(
            newer.owner_id == CatalogVersion.owner_id,
            newer.namespace == CatalogVersion.namespace,
            newer.name == CatalogVersion.name,
            newer.version > CatalogVersion.version,
        )
        .exists()
    )


def page(
    s: Session, owner_id: int, search: Search, after: str | None, limit: int
) -> tuple[list[CatalogVersion], str | None]:
    """The latest version of each name, by namespace and name, and the next cursor. ``preview`` is not loaded.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    key = (CatalogVersion.namespace, CatalogVersion.name)
    query = select(CatalogVersion).where(STORED, CatalogVersion.owner_id == owner_id, _newest())
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*pages.decode(after, str, str)))
    query = _found(query, search).options(defer(CatalogVersion.preview, raiseload=True))
    rows = s.scalars(query.order_by(*key).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.namespace, row.name])


def entries(
    s: Session, owner_id: int, search: Search, after: int | None, limit: int
) -> tuple[list[CatalogVersion], int | None]:
    """All versions, the newest id first; and the last id where there are more. ``preview`` is not loaded."""
    query = select(CatalogVersion).where(STORED, CatalogVersion.owner_id == owner_id)
    if after is not None:
        query = query.where(CatalogVersion.id < after)
    query = _found(query, search).options(defer(CatalogVersion.preview, raiseload=True))
    rows = list(s.scalars(query.order_by(CatalogVersion.id.desc()).limit(limit + 1)))
    return (rows, None) if len(rows) <= limit else (rows[:limit], rows[limit - 1].id)


def versions(
    s: Session, owner_id: int, namespace: str, name: str, after: str | None, limit: int
) -> tuple[list[CatalogVersion], str | None]:
    """Versions of a name, the newest first, and the next cursor. ``preview`` is not loaded.

    Raises:
        BadField: ``after`` is no cursor of this list. NotFound: there is no such name.
    """
    latest(s, owner_id, namespace, name)
    query = select(CatalogVersion).where(*of_name(owner_id, namespace, name))
    if after is not None:
        query = query.where(CatalogVersion.version < pages.decode(after, int)[0])
    query = query.options(defer(CatalogVersion.preview, raiseload=True))
    rows = s.scalars(query.order_by(CatalogVersion.version.desc()).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.version or 0])


def latest(s: Session, owner_id: int, namespace: str, name: str) -> CatalogVersion:
    """The highest version of a name.

    Raises:
        NotFound: there is no such name.
    """
    query = select(CatalogVersion).where(*of_name(owner_id, namespace, name))
    found = s.scalars(query.order_by(CatalogVersion.version.desc()).limit(1)).one_or_none()
    if found is None:
        raise NotFound(f"there is no global artifact {name!r} in the namespace {namespace!r}")
    return found


def find(s: Session, owner_id: int, namespace: str, name: str, version: int | None) -> CatalogVersion:
    """A version of a name; None: the latest.

    Raises:
        NotFound: there is no such name, or no such version of it.
    """
    newest = latest(s, owner_id, namespace, name)
    if version is None or version == newest.version:
        return newest
    query = select(CatalogVersion).where(*of_name(owner_id, namespace, name))
    found = s.scalars(query.where(CatalogVersion.version == version)).one_or_none()
    if found is None:
        raise NotFound(f"{namespace}::{name} has no version {version}; its latest is {newest.version}")
    return found


def is_latest(s: Session, row: CatalogVersion) -> bool:
    """Whether it is the highest version of its name."""
    return latest(s, row.owner_id, row.namespace, row.name).id == row.id


def names(s: Session, owner_id: int, namespace: str | None, limit: int) -> list[str]:
    """Some names of an owner, to say which there are; all namespaces, or one."""
    query = select(CatalogName.name).where(CatalogName.owner_id == owner_id).distinct()
    if namespace is not None:
        query = query.where(CatalogName.namespace == namespace)
    return list(s.scalars(query.order_by(CatalogName.name).limit(limit)))


def namespaces(s: Session, owner_id: int) -> list[str]:
    """The namespaces of an owner that hold something, by name."""
    query = select(CatalogName.namespace).where(CatalogName.owner_id == owner_id).distinct()
    return list(s.scalars(query.order_by(CatalogName.namespace)))
