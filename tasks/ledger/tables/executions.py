"""Executions and what they put out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId

# Few rows are open however many there are. SQLite uses the index for a query with one of these
# terms, written out and not as a parameter.
OPEN = text("status = 'queued' OR status = 'running'")
OF_RUNS = text("run_id IS NOT NULL")
OF_CELLS = text("cell_id IS NOT NULL")
ENDED = text("finished_at IS NOT NULL")


class Execution(Base):
    """One cell. ``flow_id`` "" is the kernel's loose namespace; ``seq`` orders a kernel's executions."""

    __tablename__ = "executions"
    __table_args__ = (
        UniqueConstraint("kernel_uid", "seq"),
        UniqueConstraint("kernel_uid", "idempotency_key"),
        Index(
            "ix_executions_open",
            "kernel_uid",
            "status",
            "seq",
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        # Since when a kernel has nothing to do is asked again and again.
        Index(
            "ix_executions_ended",
            "kernel_uid",
            "finished_at",
            sqlite_where=ENDED,
            postgresql_where=ENDED,
        ),
        # Charts ask of all kernels together.
        Index("ix_executions_finished", "finished_at", sqlite_where=ENDED, postgresql_where=ENDED),
        Index("ix_executions_run", "run_id", sqlite_where=OF_RUNS, postgresql_where=OF_RUNS),
        # A page of a notebook asks for the newest execution of each of its cells.
        Index(
            "ix_executions_cell",
            "flow_id",
            "cell_id",
            "submitted_at",
            sqlite_where=OF_CELLS,
            postgresql_where=OF_CELLS,
        ),
        Index("ix_executions_newest", "owner_id", "submitted_at", "seq", "id"),
    )

    id: Mapped[str] = mapped_column(String(49), primary_key=True)
    kernel_uid: Mapped[str] = mapped_column(ForeignKey("kernels.uid"))
    owner_id: Mapped[int] = mapped_column(BigId)  # the kernel's, which never changes: lists need it indexed
    flow_id: Mapped[str] = mapped_column(String(64), default="")
    node_id: Mapped[str | None] = mapped_column(String(64))
    cell_id: Mapped[str | None] = mapped_column(String(64))  # in its notebook, or in its node
    batch_id: Mapped[str | None] = mapped_column(String(36), index=True)
    stop_on_error: Mapped[bool] = mapped_column(default=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    interactive: Mapped[bool] = mapped_column(default=True)
    code: Mapped[str] = mapped_column(Text)
    timeout_s: Mapped[float | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    epoch_generation: Mapped[str | None] = mapped_column(String(64))
    epoch_number: Mapped[int | None] = mapped_column(BigInteger)
    run_id: Mapped[str | None] = mapped_column(String(12))  # of a flow's run; with it a node, and:
    attempt: Mapped[int | None]
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    status: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    submitted_at: Mapped[float]
    published_at: Mapped[float | None]  # last time it was put into its queue
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    generation: Mapped[str | None] = mapped_column(String(64))  # of the runner that claimed it
    execution_count: Mapped[int | None] = mapped_column(BigInteger)
    wall_s: Mapped[float | None]
    cpu_s: Mapped[float | None]
    memory_peak_bytes: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    cancel_requested_at: Mapped[float | None]
    cleared_at: Mapped[float | None]  # its output was erased: there is none any more


class ExecutionOutput(Base):
    """What a cell put out: lists of ``OutputItem``, ``LogRecord``, ``Truncated`` as plain data."""

    __tablename__ = "execution_outputs"

    execution_id: Mapped[str] = mapped_column(ForeignKey("executions.id"), primary_key=True)
    items: Mapped[list[Any]] = mapped_column(default=list)
    truncated: Mapped[list[Any]] = mapped_column(default=list)
    logs: Mapped[list[Any]] = mapped_column(default=list)
    outputs: Mapped[list[Any]] = mapped_column(default=list)
    artifacts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class OutputPart(Base):
    """Output of a cell that has not ended, in the order of arrival; gone once the whole is there.

    A table of its own: appending to one JSON value would write all of it again each time.
    """

    __tablename__ = "output_parts"
    __table_args__ = (UniqueConstraint("execution_id", "part"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    execution_id: Mapped[str] = mapped_column(ForeignKey("executions.id"))
    part: Mapped[str | None] = mapped_column(String(64))  # of the event: a second delivery is dropped
    items: Mapped[list[Any]]
    logs: Mapped[list[Any]]
