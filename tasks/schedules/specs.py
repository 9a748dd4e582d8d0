"""Kinds of schedules: what their ``spec`` holds, and when they fire. Pure.

``cron``: ``{"cron"}``; ``interval``: ``{"every_s"}``; ``once``: ``{"at"}``, a local time; ``file``:
``{"prefix", "pattern"?, "parameter"?}``; ``flow``: ``{"flow_id"}``.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from broker_config.wire import names
from broker_config.wire.errors import BadField
from tasks import cron

SHORTEST_S = 60.0
LONGEST_S = 366 * 86_400.0
LONGEST_TEXT = 200
FIRST_YEAR, LAST_YEAR = 2000, 2200


class Kind(StrEnum):
    """What makes a schedule fire."""

    CRON = "cron"
    INTERVAL = "interval"
    ONCE = "once"
    FILE = "file"  # a new version of a shared file
    FLOW = "flow"  # a success of another flow


EVENTS = frozenset({Kind.FILE, Kind.FLOW})


@dataclass(frozen=True, slots=True)
class When:
    """A schedule's time: ``anchor`` is what intervals count from; bounds are slots, too. Unix seconds."""

    kind: Kind
    spec: Mapping[str, Any]
    timezone: str
    anchor: float
    start_at: float | None = None
    end_at: float | None = None


def check(kind: Kind, spec: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The spec as it is kept.

    Raises:
        BadField: ``spec.<name>``: unknown, missing, or against its rule.
    """
    checks = _SPECS[kind]
    for name in spec:
        if name not in checks:
            raise BadField(
                f"a schedule of the kind {kind} has no such field; it has {', '.join(checks)}",
                f"spec.{name}"[:200],
            )
    kept = {name: rule(spec.get(name), f"spec.{name}", zone) for name, rule in checks.items()}
    return {name: value for name, value in kept.items() if value is not None}


def next_slot(when: When, after: float) -> float | None:
    """The first slot after that moment; None: none comes, or events make it fire."""
    if when.kind in EVENTS:
        return None
    # A slot on the very start counts.
    begin = after if when.start_at is None else max(after, when.start_at - 0.001)
    found = _SLOTS[when.kind](when, begin)
    return None if found is None or (when.end_at is not None and found > when.end_at) else found


def within(when: When, at: float) -> bool:
    """Whether something that happened then is between the schedule's bounds."""
    after_start = when.start_at is None or at >= when.start_at
    return after_start and (when.end_at is None or at <= when.end_at)


def moment(text: str, zone: ZoneInfo, field: str) -> float:
    """An ISO 8601 time in unix seconds; without an offset it is local in ``zone``: of two such readings the
    first, and in a gap of the clock its end.

    Raises:
        BadField: it is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise BadField("is a time as 2026-12-01T06:00:00, local in the schedule's time zone", field) from None
    if not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise BadField(f"is a time from {FIRST_YEAR} to {LAST_YEAR}", field)
    if read.tzinfo is not None:
        return read.timestamp()
    at = read.replace(tzinfo=zone).timestamp()
    back = datetime.fromtimestamp(at, zone).replace(tzinfo=None)
    return at if back == read else cron.gap_end(zone, at)


def matches(spec: Mapping[str, Any], path: str) -> bool:
    """Whether a shared file is one that a schedule for files waits for; ``*`` crosses folders, too."""
    prefix, pattern = str(spec["prefix"]), spec.get("pattern")
    if not path.startswith(prefix):
        return False
    return pattern is None or fnmatch.fnmatchcase(path[len(prefix) :], str(pattern))


def _cron(value: Any, field: str, _zone: ZoneInfo) -> str:
    return cron.check(_text(value, field), field)


def _every(value: Any, field: str, _zone: ZoneInfo) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadField("a number of seconds is needed", field)
    if not SHORTEST_S <= value <= LONGEST_S:
        raise BadField(f"is from {SHORTEST_S:.0f} seconds to {LONGEST_S:.0f}", field)
    return value


def _at(value: Any, field: str, zone: ZoneInfo) -> str:
    text = _text(value, field)
    moment(text, zone, field)
    return text


def _prefix(value: Any, field: str, _zone: ZoneInfo) -> str:
    text = "" if value == "" else _text(value, field)
    if text.startswith("/"):
        raise BadField("paths of shared files do not begin with /", field)
    return text


def _maybe(value: Any, field: str, _zone: ZoneInfo) -> str | None:
    return None if value is None else _text(value, field)


def _flow(value: Any, field: str, _zone: ZoneInfo) -> str:
    text = _text(value, field)
    if not names.UID.fullmatch(text):
        raise BadField("there is no such flow", field)
    return text


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str) or not value or len(value) > LONGEST_TEXT or names.has_control(value):
        raise BadField(f"text of 1 to {LONGEST_TEXT} characters, none of them a control, is needed", field)
    return value


Rule = Callable[[Any, str, ZoneInfo], Any]
_SPECS: dict[Kind, dict[str, Rule]] = {
    Kind.CRON: {"cron": _cron},
    Kind.INTERVAL: {"every_s": _every},
    Kind.ONCE: {"at": _at},
    Kind.FILE: {"prefix": _prefix, "pattern": _maybe, "parameter": _maybe},
    Kind.FLOW: {"flow_id": _flow},
}


def _next_cron(when: When, after: float) -> float | None:
    return cron.next_slot(str(when.spec["cron"]), cron.zone(when.timezone), after)


def _next_interval(when: When, after: float) -> float | None:
    every = float(when.spec["every_s"])
    anchor = when.anchor if when.start_at is None else when.start_at
    # From the first interval on; the start itself is a slot.
    first = 1 if when.start_at is None else 0
    number = max(first, math.floor((after - anchor) / every) + 1)
    slot = anchor + number * every
    return slot if slot > after else anchor + (number + 1) * every


def _next_once(when: When, after: float) -> float | None:
    at = moment(str(when.spec["at"]), cron.zone(when.timezone), "spec.at")
    return at if at > after else None


_SLOTS: dict[Kind, Callable[[When, float], float | None]] = {
    Kind.CRON: _next_cron,
    Kind.INTERVAL: _next_interval,
    Kind.ONCE: _next_once,
}
