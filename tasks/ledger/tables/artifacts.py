"""Local artifacts: what a flow's cells and runs published for the same flow."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId, bytewise

STANDS: dict[str, Any] = {"sqlite_where": text("staged = 0"), "postgresql_where": text("NOT staged")}
STAGED: dict[str, Any] = {"sqlite_where": text("staged = 1"), "postgresql_where": text("staged")}


class Artifact(Base):
    """An artifact by (owner, flow, scope, name), or one that an execution staged and nobody sees yet.

    ``flow_key``: the flow's id, or ``~`` and the kernel's uid for its loose namespace. ``scope``: ``run``
    or ``cells``. ``gone``: cells do not see the run's artifact of this name; there is no object.
    """

    __tablename__ = "artifacts"
    __table_args__ = (
        Index("ux_artifacts_name", "owner_id", "flow_key", "scope", "name", unique=True, **STANDS),
        Index("ux_artifacts_staged", "execution_id", "name", unique=True, **STAGED),
        Index("ix_artifacts_kernel", "kernel_uid", "id"),
        Index("ix_artifacts_object", "object_key"),
        {"sqlite_autoincrement": True},  # a deleted artifact's id is no other's
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    flow_key: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(5))
    name: Mapped[str] = mapped_column(bytewise(200))
    staged: Mapped[bool]
    gone: Mapped[bool] = mapped_column(default=False)
    node_id: Mapped[str] = mapped_column(String(64))
    kernel_uid: Mapped[str] = mapped_column(String(12))
    execution_id: Mapped[str] = mapped_column(String(49))
    object_key: Mapped[str | None] = mapped_column(String(1024))
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    type_name: Mapped[str] = mapped_column(String(200), default="")
    module: Mapped[str] = mapped_column(String(200), default="")
    format: Mapped[str] = mapped_column(String(20), default="")
    meta: Mapped[dict[str, Any]] = mapped_column(default=dict)
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    damaged: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[float]
