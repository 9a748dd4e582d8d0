"""Outcomes and latencies by the minute."""

from __future__ import annotations

from tasks.ledger.figures import Ended
from web.minutes import OUTCOMES, minutes


def ended(at: float, status: str = "succeeded", waited: float = 1.0, ran: float = 2.0) -> Ended:
    return Ended(status, at - ran - waited, at - ran, at)


def test_each_ending_is_counted_in_its_minute() -> None:
    found = minutes([ended(119.9), ended(60), ended(60, "failed"), ended(240, "lost")])
    assert [minute["at"] for minute in found] == [60.0, 240.0]
    assert found[0]["outcomes"] == {**dict.fromkeys(OUTCOMES, 0), "succeeded": 2, "failed": 1}
    assert found[1]["outcomes"]["lost"] == 1
    assert set(OUTCOMES) == {"succeeded", "failed", "cancelled", "timed_out", "lost", "skipped"}


def test_latency_is_what_half_and_all_but_a_twentieth_did_not_exceed() -> None:
    (minute,) = minutes([ended(100, waited=float(n), ran=n / 10) for n in range(1, 21)])
    assert (minute["queue_p50_s"], minute["queue_p95_s"]) == (10.0, 19.0)
    assert (minute["run_p50_s"], minute["run_p95_s"]) == (1.0, 1.9)


def test_what_never_began_has_no_latency_and_a_clock_that_went_back_makes_none_below_zero() -> None:
    (minute,) = minutes([Ended("cancelled", 70.0, None, 80.0)])
    assert (minute["queue_p50_s"], minute["run_p95_s"]) == (None, None)
    (minute,) = minutes([Ended("succeeded", 75.0, 70.0, 69.9)])
    assert (minute["queue_p50_s"], minute["run_p50_s"]) == (0.0, 0.0)


def test_nothing_is_no_minute() -> None:
    assert minutes([]) == []
