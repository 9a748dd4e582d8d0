"""Notebooks without a flow: their versions, and the outputs that came with an imported file."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId


class Notebook(Base):
    """A notebook. ``version`` is the newest; every save makes one. A deleted one's row stays.

    Its id is the ``flow_id`` of its cells' executions: so they have a namespace and artifacts of their own.
    """

    __tablename__ = "notebooks"
    __table_args__ = (
        Index(
            "ix_notebooks_of",
            "owner_id",
            "updated_at",
            "id",
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(200))
    kernel_uid: Mapped[str | None] = mapped_column(String(12))  # may be deleted, or not be shared any more
    version: Mapped[int]
    cell_count: Mapped[int]
    created_at: Mapped[float]
    updated_at: Mapped[float]
    deleted_at: Mapped[float | None]


class NotebookVersion(Base):
    """What a notebook was at a save; the saves between ``begun_at`` and ``saved_at`` are folded into it.

    ``cells``: ``{"id", "kind", "source"}``; ``kept`` is the digest of a ``NotebookOutput`` where it has one.
    """

    __tablename__ = "notebook_versions"

    notebook_id: Mapped[str] = mapped_column(ForeignKey("notebooks.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    label: Mapped[str | None] = mapped_column(String(200))  # what its author called it: it is not folded
    cells: Mapped[list[Any]]
    saved_by: Mapped[int | None] = mapped_column(BigId)
    begun_at: Mapped[float]
    saved_at: Mapped[float]


class NotebookOutput(Base):
    """What a cell of an imported file had put out, as nbformat has it. Versions name it by its digest."""

    __tablename__ = "notebook_outputs"

    notebook_id: Mapped[str] = mapped_column(ForeignKey("notebooks.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    outputs: Mapped[list[Any]]
