"""The end of a run, within its transaction: what the flow shows from now on, and who waited for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.states import RunState
from tasks.flow_runs.looked import Look
from tasks.flow_runs.observing import BAD
from tasks.ledger import artifacts, outputs, runs
from tasks.ledger.models import Run
from tasks.ledger.session import Session

MOST_NAMED = 5
NOTE = "stopped after the run that had started it"


@dataclass(slots=True)
class Ended:
    """``stops``: kernel → nonce for lifecycle. ``wake``: runs that may begin, or go on, now."""

    stops: dict[str, str] = field(default_factory=dict)
    wake: list[str] = field(default_factory=list)


def end(s: Session, look: Look) -> Ended:
    """What follows from a run's end; its row says already that it has ended."""
    from tasks import schedules  # its fires make runs: the two know each other

    run, now = look.run, look.now
    outputs.expose_run(s, run.owner_id, run.flow_id, run.id, look.done(), now)
    if look.outcome is RunState.SUCCEEDED:
        artifacts.finish_run(s, run.owner_id, run.flow_id, run.id, now)
    ended = Ended()
    for uid, nonce in run.woken.items():
        other = runs.open_using(s, run.owner_id, uid, run.id)
        if other is not None:
            runs.hand_over(s, other, uid, nonce)
        elif (stop := runs.stop_woken(s, uid, nonce, NOTE, now)) is not None:
            ended.stops[uid] = stop
    ended.wake = schedules.run_ended(s, s.get_one(Run, run.id, populate_existing=True), now)
    return ended


def error_of(look: Look) -> dict[str, Any] | None:
    """Why a run did not succeed, as its row says it."""
    if look.outcome is RunState.TIMED_OUT:
        limit = f"{look.options.timeout_s:g} s" if look.options.timeout_s is not None else "its time"
        message = f"the run was not done within {limit}; what had succeeded is kept: resume it to go on"
        return {"type": "TimedOut", "message": message}
    if look.outcome is not RunState.FAILED:
        return None
    bad = [f"{node!r} ({seen.state})" for node, seen in look.states.items() if seen.state in BAD]
    more = f" and {len(bad) - MOST_NAMED} more" if len(bad) > MOST_NAMED else ""
    words = f"did not succeed: {', '.join(bad[:MOST_NAMED])}{more}; the rest is kept: mend it, and resume"
    return {"type": "NodeFailed", "message": words}
