"""Lines that executions logged, a row each, so that they can be searched."""

from __future__ import annotations

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId


class LogLine(Base):
    """One line of an ended execution."""

    __tablename__ = "log_lines"
    __table_args__ = (
        Index("ix_log_lines_owner", "owner_id", "id"),
        Index("ix_log_lines_kernel", "kernel_uid", "id"),
        Index("ix_log_lines_flow", "flow_id", "id"),
        Index("ix_log_lines_execution", "execution_id"),
        {"sqlite_autoincrement": True},  # cursors are ids
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId)
    kernel_uid: Mapped[str] = mapped_column(String(12))
    execution_id: Mapped[str] = mapped_column(String(49))
    flow_id: Mapped[str] = mapped_column(String(64))
    node_id: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[float]
    level: Mapped[str] = mapped_column(String(10))
    logger: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(Text)
