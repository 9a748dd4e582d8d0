"""How much a container's spool may come to, and how often that is looked at."""

from __future__ import annotations

from tasks.kernels.disk import Seen, allowance, pause_after

LIMIT = 100
OLD, NEW = {"container": "old"}, {"container": "new"}


def test_a_kernel_that_nobody_measured_has_the_limit() -> None:
    assert allowance(LIMIT, None, NEW) == LIMIT


def test_within_one_container_the_bound_does_not_grow_with_what_is_used() -> None:
    assert allowance(LIMIT, Seen(OLD, 180, LIMIT), OLD) == LIMIT


def test_a_kernel_that_was_over_may_be_started_for_cleaning_up() -> None:
    assert allowance(LIMIT, Seen(OLD, 150, LIMIT), NEW) == 150
    assert allowance(LIMIT, Seen(OLD, 50, LIMIT), NEW) == LIMIT


def test_no_number_of_starts_takes_the_bound_over_two_limits() -> None:
    used, allowed = 0, LIMIT
    for number in range(10):
        process = {"container": str(number)}
        allowed = allowance(LIMIT, Seen({"container": "before"}, used, allowed), process)
        used = allowed + 500
    assert allowed == 2 * LIMIT


def test_an_engine_that_is_slow_at_measuring_is_asked_once_a_minute_at_least() -> None:
    assert [pause_after(took_s) for took_s in (0.0, 3.0, 120.0)] == [20.0, 30.0, 60.0]
