"""A schedule's row as the other modules need it: its time, and its runs that have not ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasks.ledger import fires
from tasks.ledger.models import Schedule
from tasks.ledger.session import Session
from tasks.schedules.specs import Kind, When


@dataclass
class Open:
    """The open runs of a schedule, the oldest first; those of ``waiting`` have not begun to."""

    runs: list[str] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)


def when_of(schedule: Schedule) -> When:
    """Its time."""
    return When(
        Kind(schedule.kind),
        schedule.spec,
        schedule.timezone,
        schedule.created_at,
        schedule.start_at,
        schedule.end_at,
    )


def open_of(s: Session, ids: list[str]) -> dict[str, Open]:
    """The open runs of each of these schedules."""
    found = {one: Open(of_it) for one, of_it in fires.open_runs(s, ids).items()}
    for fire in fires.open_fires(s, ids):
        if fire.run_id is not None:
            found[fire.schedule_id].waiting.add(fire.run_id)
    return found
