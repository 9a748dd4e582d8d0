"""Schedules and their fires, as the API tells of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from tasks import cron
from tasks.ledger.models import Schedule, ScheduleFire
from tasks.schedules.rows import when_of
from tasks.schedules.words import words
from web.api.shapes.basic import LIST_END, moment
from web.validation.fields import Shape

Kinds = Literal["cron", "interval", "once", "file", "flow"]
Overlaps = Literal["skip", "queue", "cancel_previous", "allow"]
CatchUps = Literal["none", "last", "all"]


class FireShape(Shape):
    """A slot, and what became of it."""

    nominal_at: str | None = Field(description="The slot, or when what happened did")
    claimed_at: str | None
    cause: str = Field(
        description="Empty: its time came; else `file:`, `run:`, `retry:` or `by hand:` and an id"
    )
    outcome: str = Field(description="started, queued, waiting, skipped, missed or failed")
    detail: str | None = Field(description="Why it is so")
    run_id: str | None
    run_state: str | None = Field(description="Null: there is no run, or it was pruned")
    due_at: str | None = Field(description="When a retry that waits begins")


class FireList(Shape):
    """Fires, the newest first."""

    items: list[FireShape]
    next: str | None = Field(description=LIST_END)


class ScheduleShape(Shape):
    """When a flow runs by itself."""

    id: str
    flow_id: str
    flow_name: str
    name: str
    kind: Kinds
    spec: dict[str, Any]
    timezone: str
    parameters: dict[str, Any]
    options: dict[str, Any]
    overlap: Overlaps
    catch_up: CatchUps
    catch_up_limit: int
    retries: int
    retry_delay_s: float
    timeout_s: float | None
    paused: bool
    start_at: str | None
    end_at: str | None
    next_at: str | None = Field(description="The next slot; null: paused, over, or events make it fire")
    words: str = Field(description="When it fires, in words")
    error: str | None = Field(description="Why its last fire started no run; it goes on")
    last_fire: FireShape | None
    owner: str
    created_at: str | None
    updated_at: str | None


class ScheduleList(Shape):
    """Schedules, the oldest first."""

    items: list[ScheduleShape]
    next: str | None = Field(description=LIST_END)


class NextShape(Shape):
    """A slot that comes."""

    nominal_at: str | None
    utc: str | None
    local: str = Field(description="In the schedule's time zone, with its offset then")


class NextList(Shape):
    """The next slots, in order; none: it is over, or events make it fire."""

    items: list[NextShape]


class SchedulePreviewShape(NextList):
    """What a schedule would do."""

    words: str


def show(row: Schedule, names: dict[str, str], last: dict[str, Any] | None, owner: str) -> dict[str, Any]:
    """A ``ScheduleShape``; ``names`` of flows, ``last`` its last fire's shape."""
    plain = ("id", "flow_id", "name", "kind", "spec", "timezone", "parameters", "options", "paused", "error")
    times = ("start_at", "end_at", "next_at", "created_at", "updated_at")
    return {
        **{name: getattr(row, name) for name in plain},
        **{name: moment(getattr(row, name)) for name in times},
        **row.policy,
        "flow_name": names.get(row.flow_id, ""),
        "words": words(when_of(row), names.get(row.source_flow_id or "")),
        "last_fire": last,
        "owner": owner,
    }


def show_fire(row: ScheduleFire, states: dict[str, str]) -> dict[str, Any]:
    """A ``FireShape``; ``states`` of runs."""
    return {
        **{name: getattr(row, name) for name in ("cause", "outcome", "detail", "run_id")},
        **{name: moment(getattr(row, name)) for name in ("nominal_at", "claimed_at", "due_at")},
        "run_state": states.get(row.run_id or ""),
    }


def show_next(slot: float, timezone: str) -> dict[str, Any]:
    """A ``NextShape``."""
    local = datetime.fromtimestamp(slot, cron.zone(timezone)).isoformat()
    return {"nominal_at": moment(slot), "utc": moment(slot), "local": local}
