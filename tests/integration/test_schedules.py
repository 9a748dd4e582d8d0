"""Ticks of schedules on both databases: each slot once, whatever the beat does."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from broker_config.wire.errors import BadField, Conflict
from broker_config.wire.states import RunState
from tasks.ledger import files, flows, kernels, runs, schedules, users
from tasks.ledger.models import Run, User
from tasks.ledger.session import Ledger
from tasks.schedules import editing, firing
from tests.integration.flow_rows import document
from tests.integration.ledger_rows import at_once
from tests.integration.scheduling import START, Scheduling


@pytest.fixture
def world(ledger: Ledger) -> Scheduling:
    return Scheduling(ledger)


def test_a_slot_becomes_one_run_and_the_next_slot_stands(world: Scheduling) -> None:
    one = world.add(parameters={})
    assert world.tick(START + 59) == []
    (woken,) = world.tick(START + 60.2)
    (run,) = world.runs(one)
    assert (run.id, run.trigger, run.nominal_at, run.state) == (woken, "schedule", START + 60, "queued")
    assert world.row(one).next_at == START + 120
    assert world.tick(START + 60.7) == []
    assert world.told(one) == [(60, "started")]


def test_a_slot_that_comes_before_the_next_tick_is_waited_for(world: Scheduling) -> None:
    now = time.time()
    soon, later = world.add(now=now - 59.7), world.add(now=now - 50)
    world.tick_by_the_clock()
    assert len(world.runs(soon)) == 1
    assert world.runs(later) == []
    assert world.runs(soon)[0].created_at - (world.runs(soon)[0].nominal_at or 0) >= 0


def test_ticks_at_once_and_late_ones_start_each_slot_once(
    new_ledger: Callable[[], Ledger], ledger: Ledger
) -> None:
    world = Scheduling(ledger)
    ids = [world.add(overlap="allow") for _ in range(30)]
    ticking = [Scheduling.__new__(Scheduling) for _ in range(4)]
    for each in ticking:
        each.__dict__ |= world.__dict__ | {"ledger": new_ledger(), "sent": type(world.sent)()}
        each.services = type(world.services)(None, each.ledger, None, each.sent, None, None)  # type: ignore[arg-type]
    for round_ in range(3):
        done = at_once(4, lambda number, now=START + 60.1 + 60 * round_: ticking[number].tick(now))
        assert not [one for one in done if isinstance(one, Exception)]
        world.tick(START + 60.1 + 60 * round_)  # what a tick left to another one that held it
        world.tick(START + 30 + 60 * round_)  # and one that was delivered late
    for one in ids:
        assert world.told(one) == [(60, "started"), (120, "started"), (180, "started")]
        assert len(world.runs(one)) == 3
    woken = [run_id for each in (*ticking, world) for run_id in each.sent.woken]
    assert len(woken) == len(set(woken)) == 90


def test_what_claims_a_slot_is_its_unique_row(world: Scheduling, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without moving on, the slot is due again: the row alone keeps it from a second run."""
    one = world.add(overlap="allow")
    world.tick(START + 60)
    with world.ledger.write() as s:
        schedules.visible(s, world.owner, one).next_at = START + 60
    assert world.tick(START + 60.5) == []
    assert len(world.runs(one)) == 1
    monkeypatch.setattr("tasks.ledger.fires.claim", lambda *_, **__: 0)
    with world.ledger.write() as s:
        schedules.visible(s, world.owner, one).next_at = START + 60
    assert len(world.tick(START + 61)) == 1


@pytest.mark.parametrize(
    ("overlap", "outcomes", "states"),
    [
        ("skip", ["started", "skipped"], ["queued"]),
        ("allow", ["started", "started"], ["queued", "queued"]),
        ("queue", ["started", "queued"], ["queued", "queued"]),
        ("cancel_previous", ["started", "queued"], ["queued", "queued"]),
    ],
)
def test_a_slot_while_a_run_is_under_way(
    world: Scheduling, overlap: str, outcomes: list[str], states: list[str]
) -> None:
    one = world.add(overlap=overlap)
    (first,) = world.tick(START + 60)
    woken = world.tick(START + 120)
    found = world.runs(one)
    assert [outcome for _, outcome in world.told(one)] == outcomes
    assert [run.state for run in found] == states
    if overlap == "allow":
        assert woken == [found[1].id]
    elif overlap == "cancel_previous":
        assert woken == [first]
        assert found[0].cancel_requested_at == START + 120
    else:
        assert woken == []
    if overlap in {"queue", "cancel_previous"}:
        assert found[1].due_at is None
        assert world.end(first, RunState.CANCELLED, START + 130) == [found[1].id]
        assert world.runs(one, "queued")[0].due_at == START + 130
        assert [outcome for _, outcome in world.told(one)] == ["started", "started"]


def test_queued_runs_begin_one_after_another_and_a_cancelled_one_is_passed_over(world: Scheduling) -> None:
    one = world.add(overlap="queue")
    (first,) = world.tick(START + 60)
    world.tick(START + 120)
    world.tick(START + 180)
    second, third = (run.id for run in world.runs(one)[1:])
    assert world.end(second, RunState.CANCELLED, START + 190) == []
    assert world.end(first, RunState.SUCCEEDED, START + 200) == [third]
    assert [outcome for _, outcome in world.told(one)] == ["started", "skipped", "started"]


def test_a_release_that_got_lost_is_found_by_a_tick(world: Scheduling) -> None:
    one = world.add(overlap="queue")
    (first,) = world.tick(START + 60)
    world.tick(START + 120)
    with world.ledger.write() as s:
        s.get_one(Run, first).state = RunState.FAILED.value
    assert world.tick(START + 121) == [world.runs(one)[1].id]


@pytest.mark.parametrize(
    ("catch_up", "outcomes"),
    [
        ("none", [(60, "missed"), (600, "started")]),
        ("last", [(60, "missed"), (600, "started")]),
        ("all", [(60, "missed"), (480, "started"), (540, "queued"), (600, "queued")]),
    ],
)
def test_after_ten_minutes_without_a_beat_slots_are_made_up_for_by_the_rule(
    world: Scheduling, catch_up: str, outcomes: list[tuple[float, str]]
) -> None:
    one = world.add(catch_up=catch_up, catch_up_limit=2)
    world.tick(START + 630)  # the slot of 600 s is on time
    assert sorted(world.told(one)) == outcomes
    assert world.row(one).next_at == START + 660
    assert "2027-01-15 08:" in str(world.fires(one)[0].detail)
    assert world.tick(START + 631) == []


def test_a_daily_slot_that_was_missed_by_hours(world: Scheduling) -> None:
    rules = {
        rule: world.add("cron", {"cron": "0 9 * * *"}, catch_up=rule) for rule in ("none", "last", "all")
    }
    world.tick(START + 5 * 3600)
    outcomes = {rule: [outcome for _, outcome in world.told(one)] for rule, one in rules.items()}
    assert outcomes == {"none": ["missed"], "last": ["started"], "all": ["started"]}


def test_a_year_of_minutes_is_not_walked_through(world: Scheduling) -> None:
    one = world.add("cron", {"cron": "* * * * *"}, catch_up="all", catch_up_limit=100)
    world.tick(START + 365 * 86_400)
    assert len(world.fires(one)) == 102
    assert world.fires(one)[0].outcome == "missed"


def test_a_pause_is_followed_by_no_burst(world: Scheduling) -> None:
    one = world.add(catch_up="all", catch_up_limit=100)
    world.change(one, START + 10, paused=True)
    assert world.tick(START + 6000) == []
    world.change(one, START + 6010, paused=False)
    assert world.tick(START + 6011) == []
    assert world.row(one).next_at == START + 6060
    assert len(world.tick(START + 6060)) == 1


def test_slots_lie_between_start_and_end(world: Scheduling) -> None:
    one = world.add(start_at=START + 300, end_at=START + 420, overlap="allow")
    for second in range(0, 600, 30):
        world.tick(START + second)
    assert world.told(one) == [(300, "started"), (360, "started"), (420, "started")]
    assert world.row(one).next_at is None


def test_once_is_once(world: Scheduling) -> None:
    one = world.add("once", {"at": "2027-01-15T08:05:00"})
    for second in range(0, 900, 60):
        world.tick(START + second)
    assert world.told(one) == [(300, "started")]
    with pytest.raises(BadField):
        world.add("once", {"at": "2027-01-15T07:59:00"})


def test_a_run_that_cannot_be_made_is_a_failed_fire_and_the_schedule_goes_on(world: Scheduling) -> None:
    flow = world.add_flow("with a year", year={"type": "integer", "default": 1})
    one = world.add(flow=flow, parameters={"year": 2})
    with world.ledger.write() as s:
        content = {**document("a"), "default_kernel": "k", "parameters": {}}
        flows.save(s, world.owner, flow, flow.name, content, 1, START)
    assert world.tick(START + 60) == []
    (fire,) = world.fires(one)
    assert (fire.outcome, fire.run_id) == ("failed", None)
    assert str(fire.detail).startswith("parameters.year: ")
    assert world.row(one).error == fire.detail
    with world.ledger.write() as s:
        content = {**document("a"), "default_kernel": "k", "parameters": {"year": 3}}
        flows.save(s, world.owner, flow, flow.name, content, 2, START)
    assert len(world.tick(START + 120)) == 1
    assert world.row(one).error is None


def test_a_kernel_that_is_gone_fails_the_fire_in_words(world: Scheduling) -> None:
    one = world.add()
    with world.ledger.write() as s:
        s.merge(world.kernel).deleted_at = START
    world.tick(START + 60)
    assert "no such kernel" in str(world.row(one).error)
    assert world.row(one).next_at == START + 120


def test_one_schedule_of_a_kind_that_breaks_holds_up_no_other(
    world: Scheduling, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = world.add("cron", {"cron": "* * * * *"}), world.add()
    with world.ledger.write() as s:
        schedules.visible(s, world.owner, broken).timezone = "Atlantis/Capital"
    assert len(world.tick(START + 60)) == 1
    assert world.told(other) == [(60, "started")]
    assert "Atlantis" in str(world.row(broken).error)


def test_an_error_of_our_own_with_one_schedule_holds_up_no_other(
    world: Scheduling, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = world.add_flow("cursed")
    cursed, other = world.add(flow=flow), world.add()
    made = firing.make_run

    def make(s: Any, request: Any, now: float) -> Run:
        run = made(s, request, now)
        if request.flow_id == flow.id:
            s.execute(insert(Run).values(id=run.id))  # the database refuses it
        return run

    monkeypatch.setattr(firing, "make_run", make)
    assert len(world.tick(START + 60)) == 1
    assert world.told(cursed) == [(60, "failed")]
    assert world.told(other) == [(60, "started")]
    assert world.row(cursed).error == firing.BUG
    assert world.row(cursed).next_at == START + 120
    assert world.runs(cursed) == []


def test_who_may_not_run_flows_any_more_starts_none(world: Scheduling) -> None:
    one = world.add()
    with world.ledger.write() as s:
        users.set_disabled(s, world.owner.id, True)
    assert world.tick(START + 60) == []
    assert "closed" in str(world.row(one).error)
    with world.ledger.write() as s:
        users.set_disabled(s, world.owner.id, False)
        s.get_one(User, world.owner.id).role = "viewer"
    assert world.tick(START + 120) == []
    assert "viewer" in str(world.row(one).error)


def test_a_failed_run_is_tried_again_later_and_later(world: Scheduling) -> None:
    one = world.add(spec={"every_s": 86_400}, retries=2, retry_delay_s=100.0)
    (run_id,) = world.tick(START + 86_400)
    now, waited = START + 86_410, []
    for attempt in (1, 2):
        assert world.end(run_id, RunState.FAILED, now) == []
        waits = world.fires(one)[-1]
        assert (waits.outcome, waits.run_id) == ("waiting", None)
        assert waits.due_at is not None
        waited.append(waits.due_at - now)
        assert world.tick(waits.due_at - 0.1) == []
        (again,) = world.tick(waits.due_at)
        assert world.tick(waits.due_at + 0.1) == []
        (run,) = (run for run in world.runs(one) if run.id == again)
        assert (run.schedule_attempt, run.resumed_from, run.nominal_at) == (attempt, run_id, START + 86_400)
        run_id, now = again, waits.due_at + 5
    assert 90 <= waited[0] <= 110
    assert 180 <= waited[1] <= 220
    assert world.end(run_id, RunState.FAILED, now) == []
    assert [outcome for _, outcome in world.told(one)] == ["started"] * 3


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.CANCELLED, RunState.SKIPPED])
def test_what_did_not_fail_is_not_tried_again(world: Scheduling, state: RunState) -> None:
    one = world.add(retries=3)
    (run_id,) = world.tick(START + 60)
    world.end(run_id, state, START + 61)
    assert world.told(one) == [(60, "started")]


def test_a_retry_of_a_paused_or_deleted_schedule_is_dropped(world: Scheduling) -> None:
    for stop in ("pause", "delete"):
        one = world.add(retries=1, retry_delay_s=10.0)
        (run_id,) = world.tick(world.row(one).next_at or 0)
        world.end(run_id, RunState.FAILED, START + 61)
        if stop == "pause":
            world.change(one, START + 62, paused=True)
        else:
            with world.ledger.write() as s:
                editing.delete(s, schedules.visible(s, world.owner, one), START + 62)
        assert world.tick(START + 90) == []
        assert [outcome for _, outcome in world.told(one)] == ["started", "skipped"]
        with world.ledger.write() as s:
            row = schedules.get(s, one)
            _ = row and editing.delete(s, row, START)


# Files --------------------------------------------------------------------------------------------


def put(world: Scheduling, path: str, now: float, deleted: bool = False) -> None:
    with world.ledger.write() as s:
        key = None if deleted else f"o/{path}/{now}"
        files.add_version(s, files.NewVersion(world.owner.id, path, object_key=key), now)


def test_new_versions_of_files_fire_once_each_and_older_ones_never(world: Scheduling) -> None:
    put(world, "inbox/old.csv", START - 10)
    flow = world.add_flow("of a file", path={"type": "string", "default": ""})
    spec = {"prefix": "inbox/", "pattern": "*.csv", "parameter": "path"}
    one = world.add("file", spec, flow=flow, overlap="allow")
    assert world.tick(START + 1) == []
    put(world, "inbox/a.csv", START + 2)
    put(world, "inbox/a.csv", START + 2.5)
    put(world, "inbox/deep/b.csv", START + 3)
    put(world, "inbox/c.txt", START + 3)
    put(world, "outbox/d.csv", START + 3)
    put(world, "inbox/a.csv", START + 4, deleted=True)
    assert len(world.tick(START + 5)) == 3
    assert world.tick(START + 6) == []
    found = sorted(run.parameters["path"] for run in world.runs(one))
    assert found == ["inbox/a.csv", "inbox/a.csv", "inbox/deep/b.csv"]
    assert {run.trigger for run in world.runs(one)} == {"file"}


def test_files_of_a_pause_do_not_fire_after_it(world: Scheduling) -> None:
    one = world.add("file", {"prefix": ""}, overlap="allow")
    world.change(one, START + 1, paused=True)
    put(world, "a", START + 2)
    assert world.tick(START + 3) == []
    world.change(one, START + 4, paused=False)
    assert world.tick(START + 5) == []
    put(world, "b", START + 6)
    assert len(world.tick(START + 7)) == 1


def test_files_of_others_do_not_fire(world: Scheduling) -> None:
    world.add("file", {"prefix": ""})
    with world.ledger.write() as s:
        bob = users.create(s, "bob", "editor", START)
        files.add_version(s, files.NewVersion(bob.id, "a", object_key="k"), START + 1)
    assert world.tick(START + 2) == []


# Flows --------------------------------------------------------------------------------------------


def after(world: Scheduling, **fields: Any) -> tuple[str, str]:
    """A schedule that waits for the world's flow, and a schedule of that flow."""
    later = world.add_flow("later")
    return world.add("flow", {"flow_id": world.flow.id}, flow=later, **fields), world.add(overlap="allow")


def test_a_success_starts_the_flow_that_waits_for_it_once(world: Scheduling) -> None:
    waits, every = after(world)
    (run_id,) = world.tick(START + 60)
    (woken,) = world.end(run_id, RunState.SUCCEEDED, START + 61)
    (run,) = world.runs(waits)
    assert (run.id, run.trigger, run.nominal_at) == (woken, "flow", START + 61)
    assert world.end(run_id, RunState.SUCCEEDED, START + 61) == []
    assert [fire.cause for fire in world.fires(waits)] == [f"run:{run_id}"]
    assert len(world.runs(every)) == 1


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED, RunState.TIMED_OUT, RunState.SKIPPED])
def test_what_is_no_success_starts_nothing(world: Scheduling, state: RunState) -> None:
    waits, _ = after(world)
    (run_id,) = world.tick(START + 60)
    assert world.end(run_id, state, START + 61) == []
    assert world.fires(waits) == []


def test_a_run_that_ended_before_it_was_armed_starts_nothing(world: Scheduling) -> None:
    every = world.add(overlap="allow")
    (run_id,) = world.tick(START + 60)
    world.end(run_id, RunState.SUCCEEDED, START + 61)
    waits = world.add("flow", {"flow_id": world.flow.id}, flow=world.add_flow("later"), now=START + 62)
    assert world.tick(START + 63) == []
    world.change(waits, START + 64, paused=True)
    (run_id,) = world.tick(START + 120)
    assert world.end(run_id, RunState.SUCCEEDED, START + 121) == []
    world.change(waits, START + 122, paused=False)
    assert world.tick(START + 123) == []
    assert (world.fires(waits), len(world.fires(every))) == ([], 2)


def test_a_follower_that_cannot_be_made_does_not_undo_the_end_it_follows(world: Scheduling) -> None:
    waits, _ = after(world)
    with world.ledger.write() as s:
        later = s.get_one(type(world.flow), world.row(waits).flow_id)
        flows.save(s, world.owner, later, "later", document("a"), 1, START)  # no kernel any more
    (run_id,) = world.tick(START + 60)
    assert world.end(run_id, RunState.SUCCEEDED, START + 61) == []
    with world.ledger.read() as s:
        assert s.get_one(Run, run_id).state == RunState.SUCCEEDED
    assert [outcome for _, outcome in world.told(waits)] == ["failed"]
    assert "kernel" in str(world.row(waits).error)


def test_the_end_of_the_flow_that_is_waited_for_is_told(world: Scheduling) -> None:
    waits, every = after(world)
    with world.ledger.write() as s:
        flows.delete(s, s.merge(world.flow), START + 1)
    assert "deleted" in str(world.row(waits).error)
    assert world.row(every).deleted_at == START + 1
    assert world.tick(START + 60) == []


def test_two_at_once_cannot_close_a_circle(world: Scheduling) -> None:
    other = world.add_flow("other")
    pairs = [(world.flow, other), (other, world.flow)]
    done = at_once(2, lambda n: world.add("flow", {"flow_id": pairs[n][0].id}, flow=pairs[n][1]))
    assert sorted(type(one).__name__ for one in done) == ["BadField", "str"]


# Clocks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/15 * * * *"])
@pytest.mark.parametrize("night", ["2027-03-28", "2027-10-31"])
def test_ticks_over_a_change_of_the_clock_start_each_slot_once(
    world: Scheduling, cron: str, night: str
) -> None:
    begin = datetime.fromisoformat(f"{night}T00:00:00+00:00").timestamp() - 7200
    one = world.add("cron", {"cron": cron}, timezone="Europe/Berlin", overlap="allow", now=begin)
    for minute in range(0, 360, 5):
        world.tick(begin + minute * 60 + 1)
    told = [datetime.fromtimestamp(fire.nominal_at, UTC) for fire in world.fires(one)]
    if cron.startswith("30"):
        assert [f"{slot:%H:%M}" for slot in told] == ["01:00" if "03" in night else "00:30"]
    else:
        assert told == [datetime.fromtimestamp(begin + 900 * n, UTC) for n in range(1, 24)]


def test_a_clock_that_goes_back_starts_nothing_twice(world: Scheduling) -> None:
    one = world.add(overlap="allow")
    for second in (60, 120, 180):
        world.tick(START + second)
    for second in (30, 60, 90, 120, 180, 200):
        assert world.tick(START + second) == []
    assert len(world.tick(START + 240)) == 1
    assert len(world.runs(one)) == 4


def test_a_trigger_by_hand_obeys_the_rule_for_overlap(world: Scheduling) -> None:
    one = world.add(paused=True)
    with world.ledger.write() as s:
        run, wake = editing.trigger(s, schedules.visible(s, world.owner, one), world.owner, START)
    assert wake == [run.id]
    assert run.created_by == world.owner.id
    with pytest.raises(Conflict), world.ledger.write() as s:
        editing.trigger(s, schedules.visible(s, world.owner, one), world.owner, START + 1)
    assert [fire.outcome for fire in world.fires(one)] == ["started"]
    with world.ledger.read() as s:
        assert runs.get(s, run.id) is not None
        assert kernels.get(s, world.kernel.uid) is not None
