"""Back-off after failures, stops without work, and what a start notes about a kernel that came back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config.wire.states import KernelState
from tasks.kernels.life import INTENT
from tasks.kernels.policy import (
    LONGEST_S,
    WELL_S,
    after_failure,
    idle_stops_at,
    in_words,
    serving_since,
    times,
    wait_s,
)
from tasks.kernels.restarting import begun, is_due
from tasks.ledger.models import Kernel

NOW = 1_700_000_000.0


def row(**fields: Any) -> Kernel:
    values: dict[str, Any] = {
        **{"uid": "abcdefghijkl", "state": KernelState.ERROR.value, "auto_restart": True, "failures": 1},
        **{"restarts": 4, "restart_at": NOW, "last_failure": "the kernel was ended by SIGKILL"},
        **{"intent_nonce": "a", "runtime_ref": {INTENT: "a"}},
    }
    return Kernel(**{**values, **fields})


def test_waits_double_from_a_second_to_a_minute() -> None:
    assert [wait_s(number) for number in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert wait_s(10_000) == LONGEST_S


def test_failures_in_a_row_are_counted_and_end_in_no_restart() -> None:
    failures, starts = 0, []
    for _ in range(5):
        verdict = after_failure(failures, 2.0, 4)
        failures = verdict.failures
        starts.append(verdict.wait_s)
    assert starts == [1, 2, 4, None, None]


def test_a_kernel_that_was_well_for_a_while_begins_to_count_anew() -> None:
    assert after_failure(3, WELL_S, 8).failures == 1
    assert after_failure(3, WELL_S - 1, 8).failures == 4
    assert after_failure(3, None, 8).failures == 4


@given(st.integers(0, 10**6), st.none() | st.floats(0, 1e9), st.integers(1, 100))
def test_a_restart_is_soon_or_never(failures: int, ran_s: float | None, most: int) -> None:
    verdict = after_failure(failures, ran_s, most)
    assert verdict.failures >= 1
    assert (verdict.wait_s is None) == (verdict.failures >= most)
    assert verdict.wait_s is None or 1 <= verdict.wait_s <= LONGEST_S


def test_a_kernel_is_idle_from_its_last_work_on_and_never_while_it_works() -> None:
    assert idle_stops_at(NOW, None, False, 60) == NOW + 60
    assert idle_stops_at(NOW, NOW - 5, False, 60) == NOW + 60
    assert idle_stops_at(NOW, NOW + 5, False, 60) == NOW + 65
    assert idle_stops_at(NOW, NOW + 5, True, 60) is None
    assert idle_stops_at(NOW, None, False, None) is None


def test_somebody_who_asks_for_a_kernel_that_runs_begins_its_idle_time_anew() -> None:
    assert serving_since(NOW, NOW + 5) == NOW + 5
    assert serving_since(NOW, None) == serving_since(NOW, NOW - 5) == NOW


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.5, "0.5 seconds"),
        (1, "1 second"),
        (59.6, "1 minute"),
        (1800, "30 minutes"),
        (5400, "1 hour 30 minutes"),
        (90_061, "1 day 1 hour"),
        (604_800, "7 days"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_numbers_in_a_row_in_words() -> None:
    assert [times(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th")
    ]


def test_a_restart_is_due_when_its_time_has_come_and_the_policy_is_on() -> None:
    later = time.time() + 60
    assert is_due(row())
    assert not is_due(row(restart_at=later))
    assert not is_due(row(restart_at=None))
    assert not is_due(row(auto_restart=False))


def test_a_restart_by_itself_is_counted_and_told_once() -> None:
    fields, told = begun(row(failures=2))
    assert (fields["restart_at"], fields["restarts"]) == (None, 5)
    assert fields["note"] == (
        "restarted by itself for the 2nd time in a row: the kernel was ended by SIGKILL; "
        "its variables are gone"
    )
    assert told is not None
    assert (told.action, told.target, told.detail["failures"]) == ("kernel.auto_restart", "abcdefghijkl", 2)
    # The worker died before the process was there: the start begins again, from what the first one wrote.
    again = row(state=KernelState.STARTING.value, restart_at=None, runtime_ref={}, restarts=5)
    assert begun(again) == ({}, None)


def test_a_start_that_somebody_asked_for_begins_with_no_failures() -> None:
    fields, told = begun(row(failures=2, intent_nonce="b"))
    assert (fields["failures"], fields["restart_at"], fields["last_failure"], told) == (0, None, None, None)


def test_a_start_after_a_death_that_nobody_watched_keeps_the_count() -> None:
    assert begun(row(state=KernelState.READY.value, restart_at=None, failures=3)) == ({}, None)
