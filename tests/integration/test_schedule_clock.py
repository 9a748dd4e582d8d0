"""Ticks of a process whose clock is moved: over changes of the local clock, forward, and back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.ledger import fires
from tasks.ledger.session import Ledger
from tests.requirements import require

LIBRARIES = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")
Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path) -> Iterator[Say]:
    """Tells a process with a clock of its own what to do at a time in UTC; what it answers."""
    library = next((one for one in LIBRARIES if Path(one).exists()), None)
    if library is None:
        require("faketime", "libfaketime is not installed (Debian: apt-get install libfaketime)")
    clock = tmp_path / "clock"
    clock.write_text("@2027-01-01 00:00:00\n")
    # The zone of the machine, whose clock it is that changes; times in the file are local in it.
    faked = {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "TZ": "Europe/Berlin"}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.clock_child", str(tmp_path / "husk.db"), str(clock)],
        env={**os.environ, **faked, "LD_PRELOAD": library, "FAKETIME_DONT_FAKE_MONOTONIC": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None

    def tell(what: str, at: str, *more: str) -> str:
        child.stdin.write("\t".join([what, at, *more]) + "\n")  # type: ignore[union-attr]
        child.stdin.flush()  # type: ignore[union-attr]
        answer = child.stdout.readline().strip()  # type: ignore[union-attr]
        assert answer, f"the process ended: {child.poll()}"
        return answer

    try:
        yield tell
    finally:
        child.stdin.close()
        child.wait(20)
        child.stdout.close()


def slots(tmp_path: Path, schedule: str) -> list[tuple[str, str]]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'husk.db'}")
    with ledger.read() as s:
        rows = reversed(fires.page(s, schedule, None, 500)[0])
        found = [(f"{datetime.fromtimestamp(row.nominal_at, UTC):%H:%M}", row.outcome) for row in rows]
    ledger.dispose()
    return found


def test_a_night_in_which_the_clock_goes_forward(say: Say, tmp_path: Path) -> None:
    named = say("make", "2027-03-28 01:40:00", "30 2 * * *", "Europe/Berlin", "last")
    often = say("make", "2027-03-28 01:40:01", "*/15 * * * *", "Europe/Berlin", "last")
    times = ("01:45:00", "01:59:59", "03:00:01", "03:15:00", "03:30:00", "04:00:00")
    shown = [say("tick", f"2027-03-28 {at}").split("\t")[1:] for at in times]
    assert [at for _, at in shown] == ["01:45", "01:59", "03:00", "03:15", "03:30", "04:00"]
    assert slots(tmp_path, named) == [("01:00", "started")]
    assert [at for at, outcome in slots(tmp_path, often) if outcome == "started"] == [
        *("00:45", "01:00", "01:15", "01:30", "02:00")
    ]


def test_a_clock_that_is_set_back_and_forward_again_starts_no_slot_twice(say: Say, tmp_path: Path) -> None:
    one = say("make", "2027-02-01 12:00:30", "* * * * *", "UTC", "none")
    for at in ("12:01", "12:02", "12:03", "11:02", "12:01", "12:03", "12:04"):
        say("tick", f"2027-02-01 {at}:00")
    assert slots(tmp_path, one) == [
        ("11:01", "started"),
        ("11:02", "started"),
        ("11:03", "started"),
        ("11:04", "started"),
    ]


@pytest.mark.parametrize(
    ("rule", "outcomes"),
    [
        ("none", [("11:02", "missed"), ("11:12", "started")]),
        ("last", [("11:02", "missed"), ("11:12", "started")]),
        ("all", [(f"11:{minute:02}", "started") for minute in range(2, 13)]),
    ],
)
def test_a_beat_that_was_frozen_for_ten_minutes_makes_up_by_the_rule(
    say: Say, tmp_path: Path, rule: str, outcomes: list[tuple[str, str]]
) -> None:
    one = say("make", "2027-02-01 12:00:30", "* * * * *", "UTC", rule)
    say("tick", "2027-02-01 12:01:00")
    say("tick", "2027-02-01 12:12:30")
    assert slots(tmp_path, one) == [("11:01", "started"), *outcomes]
