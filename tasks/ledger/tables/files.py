"""Shared files, and the one row about the broker."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId, bytewise


class SharedFile(Base):
    """One version of an owner's shared file; a deleted file is a version without an object."""

    __tablename__ = "shared_files"
    __table_args__ = (
        UniqueConstraint("owner_id", "path", "version"),
        Index("ix_shared_files_newest", "owner_id", "id"),
        Index(
            "ux_shared_files_latest",
            "owner_id",
            "path",
            unique=True,
            sqlite_where=text("latest = 1"),
            postgresql_where=text("latest"),
        ),
        Index(
            "ix_shared_files_unpromoted",
            "id",
            sqlite_where=text("promoted = 0"),
            postgresql_where=text("NOT promoted"),
        ),
        Index(
            "ix_shared_files_left_over",
            "id",
            sqlite_where=text("old_key IS NOT NULL"),
            postgresql_where=text("old_key IS NOT NULL"),
        ),
        # Whether a node wrote files is asked before another run takes it over.
        Index(
            "ix_shared_files_execution",
            "execution_id",
            sqlite_where=text("execution_id IS NOT NULL"),
            postgresql_where=text("execution_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    path: Mapped[str] = mapped_column(bytewise(1024))
    version: Mapped[int]
    object_key: Mapped[str | None] = mapped_column(String(1024))
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    damaged: Mapped[bool] = mapped_column(default=False)
    promoted: Mapped[bool] = mapped_column(default=True)  # False: still below the writing kernel's prefix
    promoted_at: Mapped[float | None]
    old_key: Mapped[str | None] = mapped_column(String(1024))  # copied from there, and not removed yet
    latest: Mapped[bool] = mapped_column(default=True)
    execution_id: Mapped[str | None] = mapped_column(String(49))
    created_at: Mapped[float]


class BrokerState(Base):
    """One row: the epoch that Redis must hold. Gone or different there: Redis lost data."""

    __tablename__ = "broker_state"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    epoch: Mapped[str] = mapped_column(String(64))
