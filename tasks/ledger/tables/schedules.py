"""Schedules of flows, and their fires."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Double, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId

DUE = text("next_at IS NOT NULL")
ARMED_FLOW = text("source_flow_id IS NOT NULL")
ARMED_FILES = text("cursor IS NOT NULL")
# Written out and not as a parameter: SQLite uses the index only for such terms.
OPEN_FIRE = text("outcome = 'queued' OR outcome = 'waiting'")


class Schedule(Base):
    """When a flow runs by itself. ``kind``: cron, interval, once, file or flow.

    ``spec``: of its kind, see ``tasks.schedules``. ``next_at``: the next nominal slot, None while paused,
    ended, or fired by events. ``armed_at``: only what happens after it fires; ``cursor``: the last shared
    file's id that was looked at, None where none is to be. ``policy``: see ``tasks.schedules.policy``.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_due", "next_at", "id", sqlite_where=DUE, postgresql_where=DUE),
        Index("ix_schedules_of_flow", "flow_id", "created_at", "id"),
        Index("ix_schedules_newest", "owner_id", "created_at", "id"),
        Index("ix_schedules_source", "source_flow_id", sqlite_where=ARMED_FLOW, postgresql_where=ARMED_FLOW),
        Index("ix_schedules_files", "owner_id", sqlite_where=ARMED_FILES, postgresql_where=ARMED_FILES),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10))
    spec: Mapped[dict[str, Any]]
    timezone: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]  # of its runs
    policy: Mapped[dict[str, Any]]
    source_flow_id: Mapped[str | None] = mapped_column(String(12))
    paused: Mapped[bool] = mapped_column(default=False)
    start_at: Mapped[float | None]
    end_at: Mapped[float | None]
    next_at: Mapped[float | None]
    armed_at: Mapped[float | None]
    cursor: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(Text)  # why its last fire could not start a run
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    created_by: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[float]
    updated_at: Mapped[float]
    deleted_at: Mapped[float | None]


class ScheduleFire(Base):
    """One slot of a schedule, claimed once. ``cause``: "" for time, else what happened (a file, a run).

    ``outcome``: started, queued (its run waits for the one before), waiting (a retry, until ``due_at``),
    skipped, missed or failed; ``detail`` says why.
    """

    __tablename__ = "schedule_fires"
    __table_args__ = (
        UniqueConstraint("schedule_id", "nominal_at", "cause"),
        Index(
            "ix_schedule_fires_open", "schedule_id", "id", sqlite_where=OPEN_FIRE, postgresql_where=OPEN_FIRE
        ),
        Index("ix_schedule_fires_newest", "schedule_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id"))
    nominal_at: Mapped[float] = mapped_column(Double)
    cause: Mapped[str] = mapped_column(String(64), default="")
    claimed_at: Mapped[float]
    run_id: Mapped[str | None] = mapped_column(String(12), index=True)
    outcome: Mapped[str] = mapped_column(String(10))
    detail: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[float | None]
