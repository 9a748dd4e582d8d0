"""Flows and their versions, what their nodes put out, and which executions were finalized."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId, bytewise
from tasks.ledger.tables.documents import FlowDocument

NO_NODE = ""
"""``node_id`` of what no node published."""


class Flow(Base):
    """A saved flow. ``version`` is the newest; every save makes one. A deleted flow's row stays."""

    __tablename__ = "flows"
    __table_args__ = (
        Index(
            "ix_flows_of",
            "owner_id",
            "created_at",
            "id",
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    created_at: Mapped[float]
    updated_at: Mapped[float]
    deleted_at: Mapped[float | None]


class FlowVersion(Base):
    """What a flow was at one save: ``document`` as ``flow_documents.validate`` gives it."""

    __tablename__ = "flow_versions"

    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    document: Mapped[dict[str, Any]] = mapped_column(FlowDocument)
    saved_by: Mapped[int | None] = mapped_column(BigId)
    saved_at: Mapped[float]


class FlowOutput(Base):
    """The latest output of a node under a name. ``flow_key`` is the flow's id.

    ``passed_through``: the node published nothing, and this is its first input's object.
    """

    __tablename__ = "flow_outputs"
    __table_args__ = (
        UniqueConstraint("owner_id", "flow_key", "node_id", "name"),
        Index(
            "ix_flow_outputs_unpromoted",
            "id",
            sqlite_where=text("promoted = 0"),
            postgresql_where=text("NOT promoted"),
        ),
        Index("ix_flow_outputs_object", "object_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    flow_key: Mapped[str] = mapped_column(String(64))
    node_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(bytewise(200))
    kernel_uid: Mapped[str] = mapped_column(String(12))
    execution_id: Mapped[str] = mapped_column(String(49))
    object_key: Mapped[str] = mapped_column(String(1024))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int | None] = mapped_column(BigInteger)
    columns: Mapped[list[Any]]  # {"name", "type"}
    preview: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), deferred=True, deferred_raiseload=True
    )
    passed_through: Mapped[bool] = mapped_column(default=False)
    damaged: Mapped[bool] = mapped_column(default=False)
    promoted: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[float]


class Finalized(Base):
    """An execution whose outputs and artifacts are visible: the same said again changes nothing."""

    __tablename__ = "finalized"

    execution_id: Mapped[str] = mapped_column(String(49), primary_key=True)
    at: Mapped[float] = mapped_column(index=True)
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)


class DoomedObject(Base):
    """An object that a row no longer names. It is removed some time later, unless another row names it."""

    __tablename__ = "doomed_objects"

    key: Mapped[str] = mapped_column(String(1024), primary_key=True)
    at: Mapped[float] = mapped_column(index=True)
