"""The catalog of an owner's global artifacts: names, versions, tags, and what was made from what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId, bytewise

STORED: dict[str, Any] = {
    "sqlite_where": text("version IS NOT NULL"),
    "postgresql_where": text("version IS NOT NULL"),
}


class CatalogName(Base):
    """A name that lives: ``last_version`` is the highest that was ever given while it does."""

    __tablename__ = "catalog_names"
    __table_args__ = (UniqueConstraint("owner_id", "namespace", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    namespace: Mapped[str] = mapped_column(bytewise(200))
    name: Mapped[str] = mapped_column(bytewise(200))
    last_version: Mapped[int]


class CatalogVersion(Base):
    """One version. ``version`` None: it is prepared, its object is still to come.

    ``promoted_from``: the version whose object this is again.
    """

    __tablename__ = "catalog_versions"
    __table_args__ = (
        Index("ux_catalog_versions", "owner_id", "namespace", "name", "version", unique=True, **STORED),
        Index("ix_catalog_versions_newest", "owner_id", "id", **STORED),
        Index(
            "ix_catalog_versions_prepared",
            "created_at",
            sqlite_where=text("version IS NULL"),
            postgresql_where=text("version IS NULL"),
        ),
        Index(
            "ix_catalog_versions_unpromoted",
            "id",
            sqlite_where=text("promoted = 0"),
            postgresql_where=text("NOT promoted"),
        ),
        Index("ix_catalog_versions_object", "object_key"),
        Index("ix_catalog_versions_flow", "flow_id"),
        Index("ix_catalog_versions_execution", "execution_id"),
        {"sqlite_autoincrement": True},  # a deleted version's id is no other's
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    namespace: Mapped[str] = mapped_column(bytewise(200))
    name: Mapped[str] = mapped_column(bytewise(200))
    version: Mapped[int | None]
    description: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]]
    type_name: Mapped[str] = mapped_column(String(200), default="")
    module: Mapped[str] = mapped_column(String(200), default="")
    format: Mapped[str] = mapped_column(String(20), default="")
    meta: Mapped[dict[str, Any]] = mapped_column(default=dict)
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    object_key: Mapped[str | None] = mapped_column(String(1024))
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    damaged: Mapped[bool] = mapped_column(default=False)
    promoted: Mapped[bool] = mapped_column(default=True)  # False: still below the writing kernel's prefix
    created_at: Mapped[float]

    # Who made it.
    flow_id: Mapped[str] = mapped_column(String(64))
    flow_version: Mapped[int | None]
    node_id: Mapped[str] = mapped_column(String(64))
    execution_id: Mapped[str] = mapped_column(String(49))
    kernel_uid: Mapped[str] = mapped_column(String(12))
    code_sha256: Mapped[str] = mapped_column(String(64))
    lock_digest: Mapped[str | None] = mapped_column(String(64))
    promoted_from: Mapped[int | None]


class CatalogTag(Base):
    """A tag of a version: several are and-ed in a search."""

    __tablename__ = "catalog_tags"

    version_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("catalog_versions.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(bytewise(100), primary_key=True, index=True)


class CatalogInput(Base):
    """What was read before a version was made: ``namespace::name@version``, or a local artifact's name."""

    __tablename__ = "catalog_inputs"

    version_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("catalog_versions.id", ondelete="CASCADE"), primary_key=True
    )
    input: Mapped[str] = mapped_column(bytewise(450), primary_key=True, index=True)


class CatalogRead(Base):
    """Who read a version: a node of a flow, when last and in which execution."""

    __tablename__ = "catalog_reads"

    version_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("catalog_versions.id", ondelete="CASCADE"), primary_key=True
    )
    flow_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    node_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    execution_id: Mapped[str] = mapped_column(String(49))
    at: Mapped[float]
