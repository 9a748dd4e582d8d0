"""Cron expressions of five fields: when they fire in a time zone. Pure.

Across changes of the clock as Debian's cron: an hour and a minute that are named fire once each day, the
first of two such readings, or right after a gap that holds them; with a wildcard in either, every
reading that the clock shows is a slot.
"""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from cronsim import CronSim, CronSimError

from broker_config.wire import names
from broker_config.wire.errors import BadField

LONGEST = 200
FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")
RANGES = ("0-59", "0-23", "1-31, L or LW", "1-12 or JAN-DEC", "0-7 or SUN-SAT")
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - readings of clocks have no zone
HORIZON_S = 50 * 366 * 86_400.0
NEAR_S = 26 * 3600.0
"""No zone changes its clock twice within it, nor by half as much at once."""


def check(expression: str, field: str) -> str:
    """The expression with one space between its fields.

    Raises:
        BadField: it is none of five fields, or it never fires.
    """
    parts = expression.split()
    if len(expression) > LONGEST or not expression.isascii() or names.has_control(expression):
        raise BadField(f"a cron expression is at most {LONGEST} plain characters", field)
    if len(parts) != len(FIELDS):
        raise BadField(
            f"a cron expression has five fields (minute hour day month weekday), this one has {len(parts)}",
            field,
        )
    text = " ".join(parts)
    _check_reversed(parts, field)
    if next(_parse(text, field), None) is None:
        raise BadField(f"{text} never fires: there is no such day", field)
    return text


def _parse(text: str, field: str) -> CronSim:
    try:
        return CronSim(text, EPOCH)
    except (CronSimError, ValueError) as error:
        wrong = next((i for i, name in enumerate(FIELDS) if str(error).endswith(name)), 0)
        parts = text.split()
        if FIELDS[wrong] == "day-of-month" and _parses([*parts[:3], "*", *parts[4:]]):
            raise BadField(f"{text} never fires: there is no such day", field) from None
        raise BadField(
            f"the {FIELDS[wrong]} {parts[wrong]!r} is none: {RANGES[wrong]}, *, lists (1,2), ranges (1-5) "
            "and steps (*/5) are",
            field,
        ) from None


def _parses(parts: list[str]) -> bool:
    try:
        CronSim(" ".join(parts), EPOCH)
    except (CronSimError, ValueError):
        return False
    return True


def _check_reversed(parts: list[str], field: str) -> None:
    for name, part in zip(FIELDS, parts, strict=True):
        for term in part.split(","):
            ends = term.split("/")[0].split("-")
            if any(one.isdigit() and two.isdigit() and int(one) > int(two) for one, two in pairwise(ends)):
                raise BadField(
                    f"the range {term} of the {name} is reversed: write the smaller one first", field
                )


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Names of all IANA time zones that are known here."""
    return frozenset(zoneinfo.available_timezones())


def zone(name: str, field: str = "timezone") -> zoneinfo.ZoneInfo:
    """The time zone of a name.

    Raises:
        BadField: there is none.
    """
    if name not in zones():
        raise BadField(f"there is no time zone {name[:64]!r}: name one as Europe/Amsterdam, or UTC", field)
    return zoneinfo.ZoneInfo(name)


def next_slot(expression: str, where: zoneinfo.ZoneInfo, after: float) -> float | None:
    """The first slot after that moment, in unix seconds; None: there is none in 50 years.

    ``expression`` as ``check`` gave it.
    """
    minute, hour, *_ = expression.split(maxsplit=2)
    if minute.startswith("*") or hour.startswith("*"):
        return _next_reading(expression, where, after)
    slots: Iterator[datetime] = CronSim(expression, datetime.fromtimestamp(after, where))
    # The first of two readings may be over when the second begins.
    return next((at for at in (slot.timestamp() for slot in slots) if at > after), None)


def _next_reading(expression: str, where: zoneinfo.ZoneInfo, at: float) -> float | None:
    """As ``next_slot``, of wildcards.

    Between two changes of the clock its readings are plain numbers. CronSim's own way over a change
    assumes whole hours, and loses slots of such days in Australia/Lord_Howe.
    """
    end, known, offset = at + HORIZON_S, at, _offset(where, at)
    while at < end:
        reading = next(CronSim(expression, EPOCH + timedelta(seconds=math.floor(at) + offset)), None)
        if reading is None:
            return None
        slot = (reading - EPOCH).total_seconds() - offset
        near = min(slot, known + NEAR_S)
        edge = _change(where, known, near, offset)
        if edge is not None:
            at, known, offset = edge - 1, edge, _offset(where, edge)
        elif slot <= near:
            return slot
        else:  # nothing that is shown once more lies between: go on from shortly before it
            at = known = slot - NEAR_S / 2
            offset = _offset(where, at)
    return None


def gap_end(where: zoneinfo.ZoneInfo, at: float) -> float:
    """The first moment after the gap of the clock that a reading lies in, ``at`` being what Python makes of
    it."""
    edge = _change(where, at - NEAR_S, at, _offset(where, at - NEAR_S))
    return at if edge is None else edge


def _offset(where: zoneinfo.ZoneInfo, at: float) -> float:
    found = datetime.fromtimestamp(at, UTC).astimezone(where).utcoffset()
    return 0.0 if found is None else found.total_seconds()


def _change(where: zoneinfo.ZoneInfo, low: float, high: float, offset: float) -> float | None:
    """The first whole second after ``low``, and not after ``high``, at which the offset is another."""
    if _offset(where, high) == offset:
        return None
    same, other = math.floor(low), math.ceil(high)
    while other - same > 1:
        middle = (same + other) // 2
        same, other = (middle, other) if _offset(where, middle) == offset else (same, middle)
    return float(other)
