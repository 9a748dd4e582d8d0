"""Schedules in words, their slots after downtime, and files that they wait for."""

from __future__ import annotations

from typing import Any

import pytest

from tasks import cron
from tasks.schedules.drafts import circle
from tasks.schedules.policy import CatchUp, Overlap, Policy, meet, retry_delay_s
from tasks.schedules.slots import due
from tasks.schedules.specs import Kind, When, matches, moment, next_slot
from tasks.schedules.words import words

START = 1_800_000_000.0


def when(kind: str, **spec: Any) -> When:
    return When(Kind(kind), spec, "Europe/Amsterdam", START)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("30 6 * * 1-5", "every weekday at 06:30"),
        ("30 6 * * mon-fri", "every weekday at 06:30"),
        ("0 0 * * *", "every day at 00:00"),
        ("15 2,14 * * *", "every day at 02:15 and 14:15"),
        ("0 9 * * MON", "every Monday at 09:00"),
        ("0 9 * * 1,4", "every Monday and Thursday at 09:00"),
        ("0 9 * * 7", "every Sunday at 09:00"),
        ("0 8 1 * *", "on day 1 of every month at 08:00"),
        ("0 * * * *", "every hour"),
        ("20 * * * *", "every hour at 20 past"),
        ("* * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("*/1 * * * *", "every minute"),
        ("*/7 * * * *", "every seventh minute of every hour"),
        ("0 0 L * *", "at 00:00 on the last day of every month"),
        ("0 9 * * 1#2", "at 09:00 on the second Monday of the month"),
    ],
)
def test_a_cron_expression_in_words(expression: str, said: str) -> None:
    assert words(when("cron", cron=expression)) == f"{said}, Amsterdam"


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("interval", {"every_s": 60}, "every minute"),
        ("interval", {"every_s": 86_400}, "every day"),
        ("interval", {"every_s": 90.0}, "every 1 minute 30 seconds"),
        ("interval", {"every_s": 7200}, "every 2 hours"),
        ("once", {"at": "2027-02-01T06:00:00"}, "once, on 1 February 2027 at 06:00, Amsterdam"),
        ("file", {"prefix": ""}, "on every new shared file of yours"),
        ("file", {"prefix": "in/", "pattern": "*.csv"}, "on every new shared file below in/ like *.csv"),
        ("flow", {"flow_id": "A" * 12}, "after every success of AAAAAAAAAAAA"),
    ],
)
def test_other_kinds_in_words(kind: str, spec: dict[str, Any], said: str) -> None:
    assert words(when(kind, **spec)) == said


def test_intervals_count_from_when_they_were_made_or_from_their_start() -> None:
    every = when("interval", every_s=90)
    assert next_slot(every, START) == START + 90
    assert next_slot(every, START + 90) == START + 180
    assert next_slot(every, START + 1000) == START + 1080
    begun = When(Kind.INTERVAL, {"every_s": 90}, "UTC", START, start_at=START + 50, end_at=START + 140)
    assert [next_slot(begun, START + at) for at in (0, 50, 140)] == [START + 50, START + 140, None]


def test_a_local_time_in_a_gap_is_its_end_and_the_first_of_two() -> None:
    zone = cron.zone("Europe/Berlin")
    assert moment("2027-03-28T02:30:00", zone, "at") == moment("2027-03-28T01:00:00Z", zone, "at")
    assert moment("2027-10-31T02:30:00", zone, "at") == moment("2027-10-31T00:30:00Z", zone, "at")
    chatham = cron.zone("Pacific/Chatham")
    assert moment("2026-09-27T03:00:00", chatham, "at") == moment("2026-09-26T14:00:00Z", chatham, "at")


@pytest.mark.parametrize(
    ("rule", "limit", "now", "fire", "missed"),
    [
        ("last", 10, 60, [60], None),
        ("none", 10, 119.9, [60], None),
        ("none", 10, 120, [120], (60, 60)),
        ("none", 10, 185, [180], (60, 120)),
        ("last", 10, 185, [180], (60, 120)),
        ("all", 10, 185, [60, 120, 180], None),
        ("all", 1, 305, [240, 300], (60, 180)),
        ("all", 2, 86_400, [86_280, 86_340, 86_400], (60, 86_220)),
    ],
)
def test_which_slots_fire_after_downtime(
    rule: str, limit: int, now: float, fire: list[float], missed: tuple[float, float] | None
) -> None:
    every = when("interval", every_s=60)
    found = due(every, Policy(catch_up=CatchUp(rule), catch_up_limit=limit), START + 60, START + now)
    assert [slot - START for slot in found.fire] == fire
    assert (None if found.missed is None else tuple(at - START for at in found.missed)) == missed
    assert found.next_at == START + now - now % 60 + 60


def test_too_many_waiting_runs_are_not_added_to() -> None:
    assert meet(Overlap.QUEUE, ["a"], 99).make
    refused = meet(Overlap.QUEUE, ["a"], 100)
    assert (refused.make, refused.why) == (False, "100 runs wait already")


def test_retries_wait_twice_as_long_each_time_and_no_more_than_a_day() -> None:
    policy = Policy(retry_delay_s=60)
    assert [round(retry_delay_s(policy, n, 0.5)) for n in range(4)] == [60, 120, 240, 480]
    assert retry_delay_s(policy, 100, 0.5) == 86_400
    assert {round(retry_delay_s(policy, 0, chance)) for chance in (0.0, 0.999_999)} == {54, 66}


@pytest.mark.parametrize(
    ("spec", "path", "does"),
    [
        ({"prefix": "in/"}, "in/a.csv", True),
        ({"prefix": "in/"}, "In/a.csv", False),
        ({"prefix": "in/"}, "out/in/a.csv", False),
        ({"prefix": "in/", "pattern": "*.csv"}, "in/deep/a.csv", True),
        ({"prefix": "in/", "pattern": "*.csv"}, "in/a.CSV", False),
        ({"prefix": "in/", "pattern": "[ab].csv"}, "in/b.csv", True),
        ({"prefix": "", "pattern": "a?.csv"}, "a1.csv", True),
        ({"prefix": "", "pattern": "*a" * 60}, "a" * 1000 + "b", False),
    ],
)
def test_which_files_a_schedule_waits_for(spec: dict[str, Any], path: str, does: bool) -> None:
    assert matches(spec, path) is does


def test_a_circle_is_told_from_a_way_around() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "d"), ("d", "c")]
    assert circle(edges, "a", "c") == []
    assert circle(edges, "c", "a") == ["c", "a", "b", "c"]
    assert circle([(str(n), str(n + 1)) for n in range(10_000)], "10000", "0")[:3] == ["10000", "0", "1"]
