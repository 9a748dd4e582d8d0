"""Uploads of shared files that come in several requests."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId, bytewise


class FileUpload(Base):
    """A shared file on its way. ``name`` is the client's own for it, ``store_id`` the store's."""

    __tablename__ = "file_uploads"
    __table_args__ = (UniqueConstraint("owner_id", "path", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    path: Mapped[str] = mapped_column(bytewise(1024))
    name: Mapped[str] = mapped_column(String(64))
    total: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    object_key: Mapped[str] = mapped_column(String(1024))
    store_id: Mapped[str] = mapped_column(Text)
    touched_at: Mapped[float] = mapped_column(index=True)


class FileUploadPart(Base):
    """A part that the store took, numbered from 1; ``digest`` is its SHA-256 in hex."""

    __tablename__ = "file_upload_parts"

    upload_id: Mapped[int] = mapped_column(BigId, ForeignKey("file_uploads.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    etag: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
