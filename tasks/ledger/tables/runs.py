"""Runs of flows, and what became of each node in them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId

# Written out and not as a parameter: SQLite uses the index only for such terms.
OPEN = text("state = 'queued' OR state = 'running'")
CACHED = text("cache_key IS NOT NULL")


class RunGroup(Base):
    """Runs that were asked for together: one flow, one matrix of parameters."""

    __tablename__ = "run_groups"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id"))
    matrix: Mapped[dict[str, Any]]  # parameter → its values
    runs: Mapped[int]
    created_at: Mapped[float]


class Run(Base):
    """One run of one version of a flow.

    ``kernels``: node id → kernel uid, as it was resolved when the run was made. ``options``: see
    ``tasks.flow_runs.RunOptions``. ``due_at``: when time alone asks for another look (a retry's delay, the
    run's deadline, or that an event was missed); None while it is open: it waits to be released. ``woken``:
    kernels that it started: uid → the nonce of that wish.
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("owner_id", "idempotency_key"),
        Index("ix_runs_open", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_runs_newest", "owner_id", "created_at", "id"),
        Index("ix_runs_of_flow", "flow_id", "created_at", "id"),
        Index("ix_runs_of_schedule", "schedule_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id"))
    flow_version: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    trigger: Mapped[str] = mapped_column(String(10))  # manual, resume, rerun, schedule, file, flow
    group_id: Mapped[str | None] = mapped_column(String(12), index=True)
    resumed_from: Mapped[str | None] = mapped_column(String(12))
    schedule_id: Mapped[str | None] = mapped_column(String(12))
    nominal_at: Mapped[float | None]  # the schedule's slot
    schedule_attempt: Mapped[int] = mapped_column(default=0)  # of the schedule's retries
    parameters: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    kernels: Mapped[dict[str, Any]]
    woken: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    deadline: Mapped[float | None]
    due_at: Mapped[float | None]
    cancel_requested_at: Mapped[float | None]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # {type, message}
    idempotency_key: Mapped[str | None] = mapped_column(String(200))


class NodeRun(Base):
    """One attempt at one node of a run. A node without a row is pending.

    ``not_before``: a retry waits until then. ``reason``: why it was skipped, lost or taken from another
    run, in words. ``cached_from``: the node run whose outputs and artifacts stand for this one.
    """

    __tablename__ = "node_runs"
    __table_args__ = (
        UniqueConstraint("run_id", "node_id", "attempt"),
        Index("ix_node_runs_cache", "cache_key", "id", sqlite_where=CACHED, postgresql_where=CACHED),
        Index("ix_node_runs_execution", "execution_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    node_id: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    kernel_uid: Mapped[str | None] = mapped_column(String(12))
    execution_id: Mapped[str | None] = mapped_column(String(49))
    lock_digest: Mapped[str | None] = mapped_column(String(64))
    cache_key: Mapped[str | None] = mapped_column(String(64))
    cached_from: Mapped[int | None] = mapped_column(BigId)
    not_before: Mapped[float | None]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    rows_in: Mapped[int | None] = mapped_column(BigInteger)
    rows_out: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(Text)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # {type, message, line}
