"""Runs that wait for the one before, and retries whose time has come."""

from __future__ import annotations

from tasks.flow_runs.asking import release_run
from tasks.ledger import fires, runs, schedules
from tasks.ledger.models import Run, Schedule, ScheduleFire
from tasks.ledger.session import Session
from tasks.schedules.firing import Slot, fire_apart
from tasks.schedules.policy import Outcome
from tasks.schedules.rows import open_of

GONE = "its schedule was paused or deleted meanwhile"
ENDED = "it was cancelled before it began"


def release(s: Session, schedule_id: str, now: float, but: str | None = None) -> list[str]:
    """Let a schedule's next run begin if none is under way, ``but`` apart; runs to wake."""
    opened = open_of(s, [schedule_id])[schedule_id]
    if any(one not in opened.waiting and one != but for one in opened.runs):
        return []
    for waits in fires.open_fires(s, [schedule_id]):
        if waits.outcome != Outcome.QUEUED or waits.run_id is None:
            continue
        if not fires.settle(s, waits.id, Outcome.QUEUED, Outcome.STARTED):
            return []  # somebody else releases
        if release_run(s, waits.run_id, now):
            return [waits.run_id]
        fires.settle(s, waits.id, Outcome.STARTED, Outcome.SKIPPED, detail=ENDED)
    return []


def retry(s: Session, waits: ScheduleFire, now: float) -> list[str]:
    """Make the run of a retry whose time has come; runs to wake."""
    failed = runs.get(s, waits.cause.removeprefix(RETRY))
    schedule = schedules.locked(s, waits.schedule_id)
    if schedule is None or schedule.paused or failed is None:
        fires.settle(s, waits.id, Outcome.WAITING, Outcome.SKIPPED, detail=GONE)
        return []
    # The place is given free, and claimed again with what comes of it, in one transaction.
    if not fires.drop(s, waits.id, Outcome.WAITING):
        return []
    owner = schedules.owners(s, [schedule.owner_id]).get(schedule.owner_id)
    slot = Slot(waits.nominal_at, waits.cause, again=failed)
    done = fire_apart(s, schedule, slot, open_of(s, [schedule.id])[schedule.id], now, owner)
    return [] if done is None else list(done.wake)


RETRY = "retry:"


def plan_retry(
    s: Session, schedule: Schedule, failed: Run, nominal_at: float, due_at: float, now: float
) -> None:
    """Note that a failed run is to be tried again at ``due_at``."""
    cause, detail = f"{RETRY}{failed.id}", f"the run {failed.id} ended {failed.state}"
    waits = {"outcome": Outcome.WAITING.value, "detail": detail, "due_at": due_at}
    fires.claim(s, schedule.id, nominal_at, cause, now, **waits)
