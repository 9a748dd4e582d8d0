"""When a kernel that failed is started again, and one without work is stopped: of values, without I/O."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_S = 1.0
LONGEST_S = 60.0
WELL_S = 300.0
"""Who ran for so long and fails then has not failed in a row."""
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """After a failure: its number in a row, and the seconds until the next start; None: not by itself."""

    failures: int
    wait_s: float | None


def wait_s(failures: int) -> float:
    """How long to wait after that many failures in a row: 1, 2, 4 … 60 s."""
    return float(min(FIRST_S * 2 ** (min(failures, 16) - 1), LONGEST_S))


def after_failure(failures: int, ran_s: float | None, most: int) -> Verdict:
    """What follows a failure of a kernel that is to be restarted.

    Args:
        failures: in a row, before this one.
        ran_s: for how long it was there to take cells; None: it never was, since its last start.
        most: failures in a row after which it is left alone.
    """
    count = 1 if ran_s is not None and ran_s >= WELL_S else failures + 1
    return Verdict(count, None if count >= most else wait_s(count))


def idle_stops_at(since: float, last_end: float | None, busy: bool, timeout_s: float | None) -> float | None:
    """When a kernel that serves is stopped for want of work, in unix seconds; None: not while it is so.

    ``since``: see ``serving_since``.
    """
    if timeout_s is None or busy:
        return None
    return max(since, last_end or 0.0) + timeout_s


def serving_since(up_since: float, intended_at: float | None) -> float:
    """Since when a kernel that serves may have had nothing to do: it came up, or somebody asked for it."""
    return max(up_since, intended_at or 0.0)


def in_words(seconds: float) -> str:
    """A duration in its two largest units: ``90 minutes`` is "1 hour 30 minutes"."""
    left, parts = round(seconds), []
    if left < 1:
        return f"{seconds:.1g} seconds"
    for size, name in UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(parts[:2])


def times(number: int) -> str:
    """A number as in "for the 2nd time"."""
    tail = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{tail}"
