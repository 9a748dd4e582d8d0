"""What ended lately, minute by minute: outcomes, and how long it waited and ran. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from broker_config.wire.states import EXECUTION_TERMINAL
from tasks.ledger.figures import Ended

MINUTE_S = 60.0
OUTCOMES = tuple(sorted(state.value for state in EXECUTION_TERMINAL))


def minutes(rows: Iterable[Ended]) -> list[dict[str, Any]]:
    """Minutes in which something ended, in order: ``at`` is where each begins, in unix seconds.

    Seconds in the queue are of what began, seconds of running of what began and ended.
    """
    found: dict[float, list[Ended]] = defaultdict(list)
    for row in rows:
        found[row.finished_at // MINUTE_S * MINUTE_S].append(row)
    return [_minute(at, found[at]) for at in sorted(found)]


def _minute(at: float, rows: Sequence[Ended]) -> dict[str, Any]:
    counts = Counter(row.status for row in rows)
    began = [row for row in rows if row.started_at is not None]
    waited = [max(0.0, float(row.started_at or 0) - row.submitted_at) for row in began]
    ran = [max(0.0, row.finished_at - float(row.started_at or 0)) for row in began]
    return {
        "at": at,
        "outcomes": {outcome: counts[outcome] for outcome in OUTCOMES},
        **_percentiles("queue", waited),
        **_percentiles("run", ran),
    }


def _percentiles(name: str, values: list[float]) -> dict[str, float | None]:
    ordered = sorted(values)
    return {f"{name}_p50_s": _at(ordered, 0.5), f"{name}_p95_s": _at(ordered, 0.95)}


def _at(ordered: Sequence[float], part: float) -> float | None:
    """The smallest value that so large a part of them does not exceed; None: there are none."""
    return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)], 4) if ordered else None
