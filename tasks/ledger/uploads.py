"""Uploads of shared files in parts: how far each is. A row is gone when its file is there, or given up."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from broker_config.wire.errors import Conflict
from tasks.ledger.models import FileUpload, FileUploadPart


@dataclass(frozen=True, slots=True)
class NewUpload:
    """An upload that begins. ``total`` in bytes."""

    owner_id: int
    path: str
    name: str
    total: int
    object_key: str
    store_id: str


@dataclass(frozen=True, slots=True)
class TakenPart:
    """A part that the store took: its number from 1, size in bytes, the store's tag and SHA-256 in hex."""

    number: int
    size: int
    etag: str
    digest: str


def find(s: Session, owner_id: int, path: str, name: str) -> FileUpload | None:
    """One upload of somebody's by the name that its client gave it."""
    here = (FileUpload.owner_id == owner_id, FileUpload.path == path, FileUpload.name == name)
    return s.scalars(select(FileUpload).where(*here)).one_or_none()


def of_owner(s: Session, owner_id: int) -> int:
    """How many uploads of somebody's have begun and not ended."""
    return s.scalar(select(func.count()).select_from(FileUpload).where(FileUpload.owner_id == owner_id)) or 0


def begin(s: Session, new: NewUpload, now: float) -> FileUpload:
    """Add an upload. Raises ``Conflict``: there is one of this name by now."""
    row = FileUpload(
        owner_id=new.owner_id,
        path=new.path,
        name=new.name,
        total=new.total,
        received=0,
        object_key=new.object_key,
        store_id=new.store_id,
        touched_at=now,
    )
    s.add(row)
    s.flush()
    return row


def take(s: Session, upload_id: int, begins_at: int, part: TakenPart, now: float) -> None:
    """Note a part that begins at a byte.

    Raises:
        Conflict: the upload is elsewhere by now: another request goes on with it, or it is gone.
    """
    moved = s.scalar(
        update(FileUpload)
        .where(FileUpload.id == upload_id, FileUpload.received == begins_at)
        .values(received=begins_at + part.size, touched_at=now)
        .returning(FileUpload.id)
    )
    if moved is None:
        raise Conflict("another request goes on with this upload: ask how far it is")
    s.add(FileUploadPart(upload_id=upload_id, number=part.number, etag=part.etag, digest=part.digest))
    s.flush()


def parts(s: Session, upload_id: int) -> list[FileUploadPart]:
    """What the store took, in order."""
    query = select(FileUploadPart).where(FileUploadPart.upload_id == upload_id)
    return list(s.scalars(query.order_by(FileUploadPart.number)))


def end(s: Session, upload_id: int) -> bool:
    """Forget an upload; whether it was there."""
    s.execute(delete(FileUploadPart).where(FileUploadPart.upload_id == upload_id))
    gone = delete(FileUpload).where(FileUpload.id == upload_id).returning(FileUpload.id)
    return s.scalar(gone) is not None


def untouched(s: Session, since: float, limit: int) -> list[FileUpload]:
    """Uploads that nobody went on with since then, the oldest first."""
    query = select(FileUpload).where(FileUpload.touched_at < since)
    return list(s.scalars(query.order_by(FileUpload.touched_at).limit(limit)))
