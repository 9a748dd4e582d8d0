"""One slot of a schedule becomes a run, or a fire that says why not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from broker_config.wire.errors import Conflict, Forbidden, HuskError, Unavailable
from tasks.flow_runs.making import RunRequest, make_run
from tasks.flow_runs.options import RunOptions
from tasks.ledger import fires, runs
from tasks.ledger.models import Run, Schedule, User
from tasks.ledger.session import Session
from tasks.schedules.policy import Outcome, Overlap, Policy, Verdict, meet
from tasks.schedules.rows import Open, open_of

BUG = "an error of Husk's own, told in its log; the schedule goes on"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Slot:
    """What is claimed: a nominal time, and what happened then ("" where time alone counts).

    ``again``: the failed run that this is a retry of. ``in_turn``: its run waits rather than none is made,
    since its schedule was asked to make up for more than one.
    """

    nominal_at: float
    cause: str = ""
    trigger: str = "schedule"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    created_by: int | None = None
    again: Run | None = None
    in_turn: bool = False


@dataclass(frozen=True, slots=True)
class Fired:
    """What became of a slot. ``wake``: runs to wake after the commit."""

    outcome: Outcome
    run: Run | None = None
    wake: tuple[str, ...] = ()
    why: str | None = None


def fire(
    s: Session, schedule: Schedule, slot: Slot, opened: Open, now: float, owner: User | None
) -> Fired | None:
    """Claim a slot, and make its run; None: somebody else claimed it.

    A run that cannot be made is a fire that failed, for a reason which the schedule shows.
    """
    fire_id = _claim(s, schedule, slot, now)
    if fire_id is None:
        return None
    try:
        check_owner(owner)
        done = begin(s, schedule, slot, opened, now)
        reason = None
    except Unavailable:
        raise
    except HuskError as error:
        reason = error.message if error.field is None else f"{error.field}: {error.message}"
        done = Fired(Outcome.FAILED, why=reason)
    _set_error(schedule, done, reason)
    fires.become(s, fire_id, done.outcome, None if done.run is None else done.run.id, done.why)
    return done


def fire_apart(
    s: Session, schedule: Schedule, slot: Slot, opened: Open, now: float, owner: User | None
) -> Fired | None:
    """As ``fire``, where nothing that goes wrong with it may undo what else the transaction does."""
    try:
        with s.begin_nested():
            return fire(s, schedule, slot, opened, now, owner)
    except Exception:
        log.exception("schedule %s: its slot %s cannot be fired", schedule.id, slot.nominal_at)
    fire_id = _claim(s, schedule, slot, now)
    if fire_id is None:
        return None
    schedule.error = BUG
    fires.become(s, fire_id, Outcome.FAILED, None, BUG)
    return Fired(Outcome.FAILED, why=BUG)


def begin(s: Session, schedule: Schedule, slot: Slot, opened: Open, now: float) -> Fired:
    """Make a slot's run, or none by its schedule's rules. Raises what ``make_run`` raises."""
    policy = Policy.read(schedule.policy)
    verdict = _meet(policy, slot, opened)
    if not verdict.make:
        return Fired(Outcome.SKIPPED, why=verdict.why)
    run = make_run(s, _request(schedule, policy, slot, verdict), now)
    cancelled = _cancelled(s, opened, now) if verdict.cancel else []
    opened.runs.append(run.id)
    if not verdict.begin:
        opened.waiting.add(run.id)
        return Fired(Outcome.QUEUED, run, tuple(cancelled))
    return Fired(Outcome.STARTED, run, (*cancelled, run.id))


def by_hand(s: Session, schedule: Schedule, slot: Slot, now: float, owner: User | None) -> Fired:
    """Make a slot's run because somebody asks; raises what keeps it from being made.

    Raises:
        Forbidden: its owner may not run flows any more. Conflict: a run is under way, and the schedule
            allows no other. Else as ``make_run``.
    """
    check_owner(owner)
    done = begin(s, schedule, slot, open_of(s, [schedule.id])[schedule.id], now)
    if done.run is None:
        raise Conflict(f"no run was made: {done.why}; cancel it, or wait for its end", "overlap")
    _set_error(schedule, done, None)
    fire_id = _claim(s, schedule, slot, now)
    fires.become(s, fire_id or 0, done.outcome, done.run.id, None)
    return done


def _set_error(schedule: Schedule, done: Fired, reason: str | None) -> None:
    # A skipped slot tells nothing about whether a run could be made.
    if done.outcome is not Outcome.SKIPPED and schedule.error != reason:
        schedule.error = reason


def check_owner(owner: User | None) -> None:
    """Raise ``Forbidden`` where somebody may not run anything any more."""
    if owner is None or owner.disabled:
        raise Forbidden("the account of its owner is closed")
    if owner.role == "viewer":
        raise Forbidden("its owner is a viewer now, and may not run flows")


def _meet(policy: Policy, slot: Slot, opened: Open) -> Verdict:
    overlap = policy.overlap
    if slot.in_turn and overlap is not Overlap.ALLOW:
        overlap = Overlap.QUEUE
    if slot.again is not None and overlap is Overlap.CANCEL_PREVIOUS:
        overlap = Overlap.SKIP  # a newer run is not given up for an older one's retry
    return meet(overlap, opened.runs, len(opened.waiting))


def _request(schedule: Schedule, policy: Policy, slot: Slot, verdict: Verdict) -> RunRequest:
    options = RunOptions.read(schedule.options)
    if policy.timeout_s is not None:
        options = replace(options, timeout_s=policy.timeout_s)
    request = RunRequest(
        flow_id=schedule.flow_id,
        owner_id=schedule.owner_id,
        parameters={**schedule.parameters, **slot.parameters},
        options=options,
        trigger=slot.trigger,
        created_by=slot.created_by,
        schedule_id=schedule.id,
        nominal_at=slot.nominal_at,
        queued=not verdict.begin,
    )
    return request if slot.again is None else _once_more(request, slot.again)


def _once_more(request: RunRequest, failed: Run) -> RunRequest:
    """What succeeded is taken over, so it is the same flow with the same values."""
    return replace(
        request,
        parameters=failed.parameters,
        options=RunOptions.read(failed.options),
        trigger=failed.trigger,
        version=failed.flow_version,
        schedule_attempt=failed.schedule_attempt + 1,
        resumed_from=failed.id,
    )


def _cancelled(s: Session, opened: Open, now: float) -> list[str]:
    """Ask for the end of a schedule's open runs; those to wake."""
    for fire_ in fires.queued_of_runs(s, opened.waiting):
        fires.settle(s, fire_.id, Outcome.QUEUED, Outcome.SKIPPED, detail="a newer slot came before it began")
    return [one for one in opened.runs if runs.request_cancel(s, one, now)]


def _claim(s: Session, schedule: Schedule, slot: Slot, now: float) -> int | None:
    return fires.claim(s, schedule.id, slot.nominal_at, slot.cause, now)
