"""Shared files: versions of owners' paths. Bytes are in the object store, truth is here."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from broker_config.wire.errors import NotFound
from tasks.ledger import news, pages
from tasks.ledger.models import SharedFile, User

_THERE = (SharedFile.latest, SharedFile.object_key.is_not(None))


def _starts(prefix: str) -> tuple[ColumnElement[bool], ...]:
    """Paths that start so, by bytes: LIKE ignores case on SQLite and knows wildcards."""
    return (SharedFile.path >= prefix, func.substr(SharedFile.path, 1, len(prefix)) == prefix)


def latest(s: Session, owner_id: int, path: str) -> SharedFile | None:
    """The newest version of a path. A deletion is a version too: its ``object_key`` is None."""
    here = (SharedFile.owner_id == owner_id, SharedFile.path == path, SharedFile.latest)
    return s.scalars(select(SharedFile).where(*here)).one_or_none()


def below(s: Session, owner_id: int, prefix: str) -> list[SharedFile]:
    """The newest versions of the files in a folder and its folders; "" is everything. By path."""
    folder = prefix if prefix in {"", "/"} or prefix.endswith("/") else prefix + "/"
    query = select(SharedFile).where(SharedFile.owner_id == owner_id, *_THERE, *_starts(folder))
    return list(s.scalars(query.order_by(SharedFile.path)))


def page(
    s: Session, owner_id: int, prefix: str, after: str | None, limit: int
) -> tuple[list[SharedFile], str | None]:
    """Files whose path starts with ``prefix``, by path, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(SharedFile).where(SharedFile.owner_id == owner_id, *_THERE, *_starts(prefix))
    if after is not None:
        query = query.where(SharedFile.path > pages.decode(after, str)[0])
    rows = s.scalars(query.order_by(SharedFile.path).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.path])


def versions(s: Session, owner_id: int, path: str) -> list[SharedFile]:
    """All versions of a path, newest first."""
    query = select(SharedFile).where(SharedFile.owner_id == owner_id, SharedFile.path == path)
    return list(s.scalars(query.order_by(SharedFile.version.desc())))


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to add; ``object_key`` None deletes the file. Size in bytes, SHA-256 in hex.

    ``promoted`` False: the object is still below the writing kernel's prefix.
    """

    owner_id: int
    path: str
    object_key: str | None = None
    size: int = 0
    sha256: str = ""
    promoted: bool = True
    execution_id: str | None = None


def add_version(s: Session, version: NewVersion, now: float) -> SharedFile:
    """Add a version and make it the latest.

    Writers of one owner wait for each other, so that each gets a version.

    Raises:
        NotFound: no such owner.
    """
    owner = select(User.id).where(User.id == version.owner_id).with_for_update(key_share=True)
    if s.scalar(owner) is None:
        raise NotFound("there is no such user")
    here = (SharedFile.owner_id == version.owner_id, SharedFile.path == version.path)
    newest = s.scalar(select(func.max(SharedFile.version)).where(*here)) or 0
    s.execute(update(SharedFile).where(*here, SharedFile.latest).values(latest=False))
    row = SharedFile(**asdict(version), version=newest + 1, damaged=False, latest=True, created_at=now)
    s.add(row)
    s.flush()
    news.note(s, version.owner_id, "files")
    return row


def unpromoted(s: Session, limit: int) -> list[SharedFile]:
    """The oldest versions that are still below their kernel's prefix."""
    query = select(SharedFile).where(~SharedFile.promoted, SharedFile.object_key.is_not(None))
    return list(s.scalars(query.order_by(SharedFile.id).limit(limit)))


def promote(s: Session, file_id: int, new_key: str, now: float) -> None:
    """Note that a version's object was copied to its owner's prefix; what it was copied from is left over."""
    s.execute(
        update(SharedFile)
        .where(SharedFile.id == file_id, ~SharedFile.promoted)
        .values(promoted=True, old_key=SharedFile.object_key, object_key=new_key, promoted_at=now)
    )


def left_over(s: Session, promoted_before: float, limit: int) -> list[SharedFile]:
    """Versions promoted before that time whose ``old_key`` may still be an object."""
    left = (SharedFile.old_key.is_not(None), SharedFile.promoted_at < promoted_before)
    return list(s.scalars(select(SharedFile).where(*left).order_by(SharedFile.id).limit(limit)))


def cleared(s: Session, file_id: int) -> None:
    """Note that the object of ``old_key`` is removed."""
    s.execute(update(SharedFile).where(SharedFile.id == file_id).values(old_key=None))


def mark_damaged(s: Session, file_id: int) -> None:
    """Note that a version's bytes are not what was written; it is not promoted any more."""
    s.execute(update(SharedFile).where(SharedFile.id == file_id).values(damaged=True, promoted=True))
