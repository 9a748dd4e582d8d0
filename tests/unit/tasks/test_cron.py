"""Cron expressions: slots over changes of clocks, and what is refused.

The table was written from the rules of each zone: when its clock changes, and from what to what.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config.wire.errors import BadField
from tasks import cron
from tasks.schedules.words import of_cron

# Zone, expression, from when, slots: all in UTC. Each row spans one change of the clock.
TABLE = [
    # 29 March, 01:00 UTC: 02:00 +01 → 03:00 +02. 25 October, 01:00 UTC: 03:00 +02 → 02:00 +01.
    ("Europe/Berlin", "30 2 * * *", "03-28 00:00", "03-28 01:30, 03-29 01:00, 03-30 00:30"),
    ("Europe/Berlin", "0 2,3 * * *", "03-28 12:00", "03-29 01:00, 03-30 00:00, 03-30 01:00"),
    ("Europe/Berlin", "0 * * * *", "03-28 23:30", "03-29 00:00, 03-29 01:00, 03-29 02:00"),
    ("Europe/Berlin", "*/20 2 * * *", "03-28 12:00", "03-30 00:00, 03-30 00:20, 03-30 00:40"),
    ("Europe/Berlin", "0 6 * * *", "03-28 00:00", "03-28 05:00, 03-29 04:00, 03-30 04:00"),
    ("Europe/Berlin", "30 2 * * *", "10-24 00:00", "10-24 00:30, 10-25 00:30, 10-26 01:30"),
    ("Europe/Berlin", "30 2 * * *", "10-25 01:10", "10-26 01:30, 10-27 01:30"),
    ("Europe/Berlin", "30 * * * *", "10-24 23:45", "10-25 00:30, 10-25 01:30, 10-25 02:30"),
    ("Europe/Berlin", "*/30 2 * * *", "10-24 12:00", "10-25 00:00, 10-25 00:30, 10-25 01:00, 10-25 01:30"),
    # 8 March, 07:00 UTC: 02:00 -05 → 03:00 -04. 1 November, 06:00 UTC: 02:00 -04 → 01:00 -05.
    ("America/New_York", "15 2 * * *", "03-07 00:00", "03-07 07:15, 03-08 07:00, 03-09 06:15"),
    ("America/New_York", "30 1 * * *", "10-31 00:00", "10-31 05:30, 11-01 05:30, 11-02 06:30"),
    ("America/New_York", "*/30 * * * *", "11-01 05:10", "11-01 05:30, 11-01 06:00, 11-01 06:30, 11-01 07:00"),
    ("America/New_York", "0 12 * * 1-5", "03-06 00:00", "03-06 17:00, 03-09 16:00, 03-10 16:00"),
    # 4 April, 15:00 UTC: 02:00 +11 → 01:30 +10:30. 3 October, 15:30 UTC: 02:00 +10:30 → 02:30 +11.
    ("Australia/Lord_Howe", "15 2 * * *", "10-02 00:00", "10-02 15:45, 10-03 15:30, 10-04 15:15"),
    ("Australia/Lord_Howe", "45 1 * * *", "04-03 00:00", "04-03 14:45, 04-04 14:45, 04-05 15:15"),
    ("Australia/Lord_Howe", "*/30 5 * * *", "10-03 12:00", "10-03 18:00, 10-03 18:30, 10-04 18:00"),
    ("Australia/Lord_Howe", "*/30 5 * * *", "04-04 12:00", "04-04 18:30, 04-04 19:00, 04-05 18:30"),
    ("Australia/Lord_Howe", "45 * * * *", "04-04 14:10", "04-04 14:45, 04-04 15:15, 04-04 16:15"),
    ("Australia/Lord_Howe", "0 * * * *", "04-04 13:30", "04-04 14:00, 04-04 15:30, 04-04 16:30"),
    ("Australia/Lord_Howe", "0 * * * *", "10-03 14:00", "10-03 14:30, 10-03 16:00, 10-03 17:00"),
    # Ramadan. 15 February, 02:00 UTC: 03:00 +01 → 02:00 +00. 22 March, 02:00 UTC: 02:00 +00 → 03:00 +01.
    ("Africa/Casablanca", "30 2 * * *", "02-14 00:00", "02-14 01:30, 02-15 01:30, 02-16 02:30"),
    ("Africa/Casablanca", "30 2 * * *", "03-21 00:00", "03-21 02:30, 03-22 02:00, 03-23 01:30"),
    ("Africa/Casablanca", "30 * * * *", "02-15 00:45", "02-15 01:30, 02-15 02:30, 02-15 03:30"),
    # Its clock does not change.
    ("Asia/Kolkata", "30 2 * * *", "03-28 12:00", "03-28 21:00, 03-29 21:00, 03-30 21:00"),
    ("Asia/Kolkata", "*/30 * * * *", "10-25 00:45", "10-25 01:00, 10-25 01:30, 10-25 02:00"),
    # 4 April, 14:00 UTC: 03:45 +13:45 → 02:45 +12:45. 26 September, 14:00 UTC: 02:45 +12:45 → 03:45 +13:45.
    ("Pacific/Chatham", "0 3 * * *", "09-25 00:00", "09-25 14:15, 09-26 14:00, 09-27 13:15"),
    ("Pacific/Chatham", "0 3 * * *", "04-03 00:00", "04-03 13:15, 04-04 13:15, 04-05 14:15"),
    (
        *("Pacific/Chatham", "*/15 3 * * *", "04-04 13:00"),
        "04-04 13:15, 04-04 13:30, 04-04 13:45, 04-04 14:15, 04-04 14:30, 04-04 14:45, 04-04 15:00",
    ),
]
ZONES = sorted({row[0] for row in TABLE})
TRIED = (
    "30 2 * * *",
    "0,45 1-3 * * *",
    "15 3 1-31/2 * *",
    "5 * * * *",
    "*/10 * * * *",
    "*/15 2 * * *",
    "* 1 * * *",
)


def at(text: str) -> float:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()


def slots(expression: str, zone: str, after: float, until: float) -> list[float]:
    found, where = [], cron.zone(zone)
    slot = cron.next_slot(expression, where, after)
    while slot is not None and slot <= until:
        found.append(slot)
        slot = cron.next_slot(expression, where, slot)
    return found


@pytest.mark.parametrize(("zone", "expression", "after", "expected"), TABLE)
def test_each_nominal_slot_fires_once_at_its_moment(
    zone: str, expression: str, after: str, expected: str
) -> None:
    wanted = [at(one) for one in expected.split(", ")]
    assert slots(expression, zone, at(after), wanted[-1]) == wanted


def numbers(field: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    for term in field.split(","):
        ends, _, step = term.partition("/")
        low, _, high = ends.partition("-")
        first, last = (least, most) if ends == "*" else (int(low), int(high or low))
        found.update(range(first, last + 1, int(step or 1)))
    return found


def walked(expression: str, zone: str, after: float, until: float) -> list[float]:
    """The same by asking the clock at every minute, as a person would."""
    where, fields = ZoneInfo(zone), expression.split()
    minutes, hours, days = numbers(fields[0], 0, 59), numbers(fields[1], 0, 23), numbers(fields[2], 1, 31)

    def fits(reading: datetime) -> bool:
        return reading.minute in minutes and reading.hour in hours and reading.day in days

    shown = [datetime.fromtimestamp(m * 60, where) for m in range(int(after) // 60 + 1, int(until) // 60 + 1)]
    if fields[0].startswith("*") or fields[1].startswith("*"):
        return [moment.timestamp() for moment in shown if fits(moment)]
    found, seen = set(), {moment.replace(tzinfo=None, fold=0) for moment in shown}
    first, last = min(seen), max(seen)
    for number in range(int((last - first).total_seconds()) // 60 + 1):
        reading = first + timedelta(minutes=number)
        if not fits(reading):
            continue
        while reading not in seen:  # in a gap: right after it
            reading += timedelta(minutes=1)
        found.add(reading.replace(tzinfo=where, fold=0).timestamp())
    return sorted(one for one in found if after < one <= until)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("expression", TRIED)
def test_it_is_what_the_clock_shows_over_every_change_of_two_years(zone: str, expression: str) -> None:
    where, day, start = ZoneInfo(zone), 86_400.0, at("01-01 00:00")
    edges = [
        start + n * day
        for n in range(730)
        if datetime.fromtimestamp(start + n * day, where).utcoffset()
        != datetime.fromtimestamp(start + (n + 1) * day, where).utcoffset()
    ] or [start]
    for edge in edges:
        span = (edge - day, edge + 2 * day)
        assert slots(expression, zone, *span) == walked(expression, zone, *span)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "0"),
        ("31 2", "five fields"),
        ("* * * * * *", "five fields"),
        ("@daily", "five fields"),
        ("0 0 31 2 *", "never fires"),
        ("* * 31 2 *", "never fires"),
        ("0 0 30 2,2 *", "never fires"),
        ("0 0 31 4,6,9,11 *", "never fires"),
        ("30-10 * * * *", "reversed"),
        ("0 1,9-2 * * *", "reversed"),
        ("0 0 * * 5-1", "reversed"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("0 0 0 * *", "day-of-month"),
        ("0 0 * 13 *", "month"),
        ("0 0 * * 8", "day-of-week"),
        ("*/0 * * * *", "minute"),
        ("a * * * *", "minute"),
        ("-1 * * * *", "minute"),
        ("9" * 190 + " * * * *", "minute"),
        ("* " * 200, "200"),
        ("٣ * * * *", "plain"),
        ("* * * * \x00", "plain"),
        ("0 0 * * FRI-MON", "day-of-week"),
    ],
)
def test_what_is_no_expression_is_refused_and_says_why(expression: str, why: str) -> None:
    with pytest.raises(BadField, match=why) as caught:
        cron.check(expression, "spec.cron")
    assert caught.value.field == "spec.cron"


@given(st.text(alphabet="0123456789*/,-LW#MONSUNjan ?", max_size=30))
def test_any_text_is_an_expression_with_slots_and_words_or_refused(text: str) -> None:
    try:
        kept = cron.check(text, "spec.cron")
    except BadField:
        return
    assert cron.check(kept, "spec.cron") == kept
    slot = cron.next_slot(kept, cron.zone("Europe/Berlin"), at("01-01 00:00"))
    assert slot is None or slot > at("01-01 00:00")
    assert of_cron(kept)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "europe/berlin", "right/UTC"]
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(BadField, match="time zone") as caught:
        cron.zone(name)
    assert caught.value.field == "timezone"
