"""One tick: what is due becomes runs. Several ticks at once do no harm: a slot is claimed once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from broker_config.wire.errors import HuskError, Unavailable
from tasks.flow_runs.asking import wake_run
from tasks.ledger import fires, schedules
from tasks.ledger.models import Schedule, SharedFile, User
from tasks.ledger.session import Session
from tasks.schedules.firing import Fired, Slot, fire, fire_apart
from tasks.schedules.policy import Outcome, Policy
from tasks.schedules.releasing import release, retry
from tasks.schedules.rows import Open, open_of, when_of
from tasks.schedules.slots import due
from tasks.schedules.specs import matches, within
from tasks.services import Services

MOST_AT_ONCE = 200
MOST_BATCHES = 20
MOST_FILES = 500
AHEAD_S = 0.5
AGAIN_S = 300.0
FIRES_KEPT_S = 90 * 86_400.0

log = logging.getLogger(__name__)


def tick(services: Services, now: float | None = None) -> None:
    """Start what is due. Called by the beat's ``flows.tick``; late and doubled ones do no harm.

    Slots that come before the next tick are waited for, so that they do not start half a second late.
    ``now``: another time than the clock's; nothing is waited for then.
    """
    at = time.time() if now is None else now
    for part in (_slots, _waiting, _files, _forget):
        _guarded(part, services, at)
    if now is None:
        _guarded(_soon, services, at)


def _guarded(part: Callable[[Services, float], None], services: Services, now: float) -> None:
    try:
        part(services, now)
    except HuskError as error:
        log.warning("schedules%s: %s", part.__name__, error)


def _soon(services: Services, now: float) -> None:
    with services.ledger.read() as s:
        slot = schedules.next_due(s, now, time.time() + AHEAD_S)
    if slot is not None:
        time.sleep(min(max(slot - time.time(), 0.0), AHEAD_S))
        _slots(services, max(slot, time.time()))  # two clocks may be microseconds apart


def _slots(services: Services, now: float) -> None:
    for _ in range(MOST_BATCHES):
        with services.ledger.read() as s:
            if not schedules.any_due(s, now):
                return
        try:
            found = _some(services, now, MOST_AT_ONCE)
        except Unavailable:
            raise
        except Exception:  # one schedule's trouble is not all schedules': each for itself
            log.exception("schedules that are due cannot be fired together")
            found = _some(services, now, MOST_AT_ONCE, apart=True)
        if not found:
            return


def _some(services: Services, now: float, most: int, apart: bool = False) -> int:
    """Fire what is due of at most so many schedules; of how many it was."""
    with services.ledger.write() as s:
        rows = schedules.due(s, now, most)
        wake = _each(
            s,
            rows,
            lambda one, opened, owner: _fire_due(s, one, opened, now, owner, fire_apart if apart else fire),
        )
    _wake(services, wake)
    return len(rows)


Act = Callable[[Schedule, Open, User | None], list[str]]
Fire = Callable[[Session, Schedule, Slot, Open, float, "User | None"], "Fired | None"]


def _each(s: Session, rows: list[Schedule], act: Act) -> list[str]:
    opened = open_of(s, [row.id for row in rows])
    owners = schedules.owners(s, {row.owner_id for row in rows})
    return [one for row in rows for one in act(row, opened[row.id], owners.get(row.owner_id))]


def _fire_due(
    s: Session, one: Schedule, opened: Open, now: float, owner: User | None, fire_: Fire
) -> list[str]:
    first = one.next_at if one.next_at is not None else now
    try:
        found = due(when_of(one), Policy.read(one.policy), first, now)
    except Exception as error:  # as a time zone that is known no more
        log.exception("schedule %s: its slots cannot be told", one.id)
        one.error, one.next_at = f"its slots cannot be told: {error}"[:500], now + AGAIN_S
        return []
    one.next_at, one.revision = found.next_at, one.revision + 1
    if found.missed is not None:
        _note_missed(s, one, found.missed, now)
    wake: list[str] = []
    made = False
    for nominal_at in found.fire:
        done = fire_(s, one, Slot(nominal_at, in_turn=made), opened, now, owner)
        made = made or (done is not None and done.run is not None)
        wake += () if done is None else done.wake
    return wake


def _note_missed(s: Session, one: Schedule, missed: tuple[float, float], now: float) -> None:
    """One fire stands for all that were missed: a year of minutes is no half a million rows."""
    first, last = missed
    until = (
        None if first == last else f"with all until {datetime.fromtimestamp(last, UTC):%Y-%m-%d %H:%M:%S} UTC"
    )
    fires.claim(s, one.id, first, "", now, outcome=Outcome.MISSED.value, detail=until)


def _waiting(services: Services, now: float) -> None:
    with services.ledger.read() as s:
        waits = fires.open_fires(s)
        opened = open_of(s, sorted({one.schedule_id for one in waits}))
    for one in waits:
        if one.outcome == Outcome.WAITING and one.due_at is not None and one.due_at <= now:
            with services.ledger.write() as s:
                wake = retry(s, one, now)
            _wake(services, wake)
    # Whom the end of the run before has not released: what it was told in got lost.
    stuck = {one.schedule_id for one in waits if one.outcome == Outcome.QUEUED}
    for schedule_id in sorted(stuck):
        found = opened[schedule_id]
        if all(run_id in found.waiting for run_id in found.runs):
            with services.ledger.write() as s:
                wake = release(s, schedule_id, now)
            _wake(services, wake)


def _files(services: Services, now: float) -> None:
    with services.ledger.read() as s:
        new = schedules.new_files(s, MOST_FILES)
    if not new:
        return
    with services.ledger.write() as s:
        rows = schedules.for_files(s, {one.owner_id for one in new})
        wake = _each(s, rows, lambda one, opened, owner: _look(s, one, new, opened, now, owner))
    _wake(services, wake)


def _look(
    s: Session, one: Schedule, new: list[SharedFile], opened: Open, now: float, owner: User | None
) -> list[str]:
    """Fire a schedule for those of these files that it waits for, and has not looked at."""
    wake: list[str] = []
    when, parameter = when_of(one), one.spec.get("parameter")
    mine = [file for file in new if file.owner_id == one.owner_id and file.id > (one.cursor or 0)]
    for file in mine:
        if file.object_key is None or not matches(one.spec, file.path) or not within(when, file.created_at):
            continue
        given = {parameter: file.path} if parameter else {}
        slot = Slot(file.created_at, f"file:{file.id}", trigger="file", parameters=given)
        done = fire_apart(s, one, slot, opened, now, owner)
        wake += () if done is None else done.wake
    if mine:
        one.cursor = mine[-1].id
    return wake


def _forget(services: Services, now: float) -> None:
    with services.ledger.read() as s:
        oldest = fires.oldest_fire_at(s)
    if oldest is not None and oldest < now - FIRES_KEPT_S:
        with services.ledger.write() as s:
            fires.forget(s, now - FIRES_KEPT_S, MOST_FILES)


def _wake(services: Services, run_ids: Iterable[str]) -> None:
    for run_id in run_ids:
        wake_run(services, run_id)
