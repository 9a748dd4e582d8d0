"""What the end of a run means for schedules: the next in turn, a retry, flows that wait for its success."""

from __future__ import annotations

from broker_config.wire.states import RunState
from tasks.ledger import fires, schedules
from tasks.ledger.models import Run, ScheduleFire
from tasks.ledger.session import Session
from tasks.schedules.firing import Slot, fire_apart
from tasks.schedules.policy import Outcome, Policy, retry_delay_s
from tasks.schedules.releasing import ENDED, plan_retry, release
from tasks.schedules.rows import open_of, when_of
from tasks.schedules.specs import within

RETRIED = frozenset({RunState.FAILED, RunState.TIMED_OUT})


def run_ended(s: Session, run: Run, now: float) -> list[str]:
    """Ids of the runs to wake once ``s`` is committed: called by the engine in the transaction of the end."""
    wake: list[str] = []
    if run.schedule_id is not None:
        made_by = fires.of_run(s, run.id)
        if made_by is not None:
            _own(s, run, made_by, now)
        wake += release(s, run.schedule_id, now, but=run.id)
    # A run of chosen nodes is no success of the flow.
    if run.state == RunState.SUCCEEDED and not run.options.get("targets"):
        wake += _followers(s, run, now)
    return wake


def _own(s: Session, run: Run, made_by: ScheduleFire, now: float) -> None:
    fires.settle(s, made_by.id, Outcome.QUEUED, Outcome.SKIPPED, detail=ENDED)
    schedule = schedules.get(s, made_by.schedule_id)
    if schedule is None or schedule.paused or run.state not in RETRIED or run.cancel_requested_at is not None:
        return
    policy = Policy.read(schedule.policy)
    if run.schedule_attempt < policy.retries:
        due_at = now + retry_delay_s(policy, run.schedule_attempt)
        plan_retry(s, schedule, run, made_by.nominal_at, due_at, now)


def _followers(s: Session, run: Run, now: float) -> list[str]:
    waiting = [
        one
        for one in schedules.waiting_for(s, run.owner_id, run.flow_id)
        if within(when_of(one), now) and (one.armed_at is None or one.armed_at < now)
    ]
    if not waiting:
        return []
    wake: list[str] = []
    opened = open_of(s, [one.id for one in waiting])
    owner = schedules.owners(s, [run.owner_id]).get(run.owner_id)
    slot = Slot(now, f"run:{run.id}", trigger="flow")
    for one in waiting:
        done = fire_apart(s, one, slot, opened[one.id], now, owner)
        wake += () if done is None else done.wake
    return wake
