"""Schedules made, changed, paused, deleted and fired by people; each in the caller's transaction."""

from __future__ import annotations

from broker_config.wire import names
from broker_config.wire.errors import NotFound, QuotaExceeded
from tasks.ledger import fires, runs, schedules, users
from tasks.ledger.holding import hold
from tasks.ledger.models import Flow, Run, Schedule, User
from tasks.ledger.session import Session
from tasks.schedules.drafts import Draft, check_fires, check_flow, draft_of, shaped
from tasks.schedules.firing import Slot, by_hand
from tasks.schedules.policy import Outcome
from tasks.schedules.specs import Kind, next_slot

MOST = 10_000
"""Schedules of one owner."""


def create(s: Session, user: User, flow: Flow, draft: Draft, paused: bool, now: float) -> Schedule:
    """A new schedule; armed if it is not ``paused``: only what happens from now on makes it fire.

    Raises:
        BadField: see ``drafts``. QuotaExceeded: its owner has as many as one may.
    """
    kept = shaped(draft)
    check_fires(kept, now, now)
    hold(s, flow.owner_id)  # two at once could close a circle
    if schedules.count(s, flow.owner_id) >= MOST:
        raise QuotaExceeded(f"one may have {MOST:,} schedules: delete some")
    check_flow(s, flow, kept)
    row = Schedule(
        id=names.new_uid(),
        owner_id=flow.owner_id,
        flow_id=flow.id,
        created_by=user.id,
        created_at=now,
        updated_at=now,
        revision=0,
        paused=paused,
    )
    _write(row, kept)
    _arm(s, row, now)
    s.add(row)
    s.flush()
    return row


def change(s: Session, row: Schedule, draft: Draft, paused: bool, now: float) -> Schedule:
    """A schedule as the draft is. One whose time is another, or that goes on, is armed anew: nothing from
    before makes it fire.

    Raises:
        BadField: see ``drafts``. NotFound: it was deleted meanwhile.
    """
    hold(s, row.owner_id)
    locked = schedules.locked(s, row.id)
    if locked is None:
        raise NotFound("there is no such schedule")
    row, kept = locked, shaped(draft)
    other_time = _time(draft_of(row)) != _time(kept)
    if other_time:
        check_fires(kept, row.created_at, now)
    rearm = other_time or row.paused != paused
    check_flow(s, s.get_one(Flow, row.flow_id), kept, but=row.id)
    _write(row, kept)
    row.updated_at, row.revision, row.error = now, row.revision + 1, None
    row.paused = paused
    if rearm:
        _arm(s, row, now)
    s.flush()
    return row


def delete(s: Session, row: Schedule, now: float) -> list[str]:
    """Delete a schedule: what runs goes on, what waits is cancelled; runs to wake.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    locked = schedules.locked(s, row.id)
    if locked is None:
        raise NotFound("there is no such schedule")
    locked.deleted_at, locked.updated_at, locked.revision = now, now, locked.revision + 1
    locked.next_at = locked.cursor = locked.source_flow_id = None
    wake: list[str] = []
    for waits in fires.open_fires(s, [row.id]):
        fires.settle(s, waits.id, waits.outcome, Outcome.SKIPPED, detail="its schedule was deleted")
        if waits.run_id is not None and runs.request_cancel(s, waits.run_id, now):
            wake.append(waits.run_id)
    s.flush()
    return wake


def trigger(s: Session, row: Schedule, user: User, now: float) -> tuple[Run, list[str]]:
    """A run of a schedule now, whatever its time is, by its rules for overlap; runs to wake.

    Raises:
        NotFound: it was deleted meanwhile. Else as ``firing.by_hand``.
    """
    locked = schedules.locked(s, row.id)
    if locked is None:
        raise NotFound("there is no such schedule")
    slot = Slot(now, f"by hand:{names.new_uid()}", created_by=user.id)
    done = by_hand(s, locked, slot, now, users.get(s, locked.owner_id))
    assert done.run is not None
    return done.run, list(done.wake)


def _time(draft: Draft) -> tuple[object, ...]:
    return (draft.kind, dict(draft.spec), draft.timezone, draft.start_at, draft.end_at)


def _write(row: Schedule, draft: Draft) -> None:
    row.name, row.kind, row.spec, row.timezone = (
        draft.name,
        draft.kind.value,
        dict(draft.spec),
        draft.timezone,
    )
    row.parameters, row.options, row.policy = (
        dict(draft.parameters),
        dict(draft.options),
        draft.policy.plain(),
    )
    row.start_at, row.end_at = draft.start_at, draft.end_at
    row.source_flow_id = str(draft.spec["flow_id"]) if draft.kind is Kind.FLOW else None


def _arm(s: Session, row: Schedule, now: float) -> None:
    row.armed_at = None if row.paused else now
    row.next_at = None if row.paused else next_slot(draft_of(row).when(row.created_at), now)
    of_files = row.kind == Kind.FILE and not row.paused
    row.cursor = schedules.newest_file_id(s, row.owner_id) if of_files else None
