"""Locks of kernels' packages."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId


class EnvironmentLock(Base):
    """A lock by its digest. What it says never changes, so kernels of any owner may have one together."""

    __tablename__ = "locks"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    python: Mapped[str] = mapped_column(String(8))
    flavour: Mapped[str] = mapped_column(String(20))
    packages: Mapped[list[str]]  # the wishes it was made from, as its header has them
    allow_sdist: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))  # who was the first
    made_at: Mapped[float]  # last, by whomever
