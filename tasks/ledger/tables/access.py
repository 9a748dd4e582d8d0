"""Who may see whose kernels, and who changed what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId


class KernelShare(Base):
    """A kernel that its owner lets somebody else see (viewer) or use (editor)."""

    __tablename__ = "kernel_shares"

    kernel_uid: Mapped[str] = mapped_column(ForeignKey("kernels.uid"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(10))  # viewer | editor
    created_at: Mapped[float]


class AuditEvent(Base):
    """One change, written together with it. Names are kept as they were; ``detail`` holds no secret."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[float]
    actor_id: Mapped[int | None] = mapped_column(BigId)  # null: nobody who is logged in
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]]
    request_id: Mapped[str] = mapped_column(String(64))
