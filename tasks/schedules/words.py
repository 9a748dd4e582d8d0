"""A schedule in words: "every weekday at 06:30, Amsterdam". Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cronsim import CronSim

from tasks import cron
from tasks.schedules.specs import Kind, When, moment

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT = tuple(day[:3].upper() for day in DAYS)
WEEKDAYS = {"1-5", "MON-FRI", "1,2,3,4,5"}
MOST_TIMES = 4
UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def words(when: When, source: str | None = None) -> str:
    """When a schedule fires; ``source``: the name of the flow that it waits for."""
    if when.kind is Kind.FILE:
        return _file(when.spec)
    if when.kind is Kind.FLOW:
        return f"after every success of {source or when.spec['flow_id']}"
    if when.kind is Kind.INTERVAL:
        return f"every {_duration(float(when.spec['every_s']))}"
    if when.kind is Kind.ONCE:
        return f"once, on {_once(when)}, {place(when.timezone)}"
    return f"{of_cron(str(when.spec['cron']))}, {place(when.timezone)}"


def place(timezone: str) -> str:
    """The place that a time zone is named after."""
    return timezone.rsplit("/", 1)[-1].replace("_", " ")


def of_cron(expression: str) -> str:
    """A cron expression in words; what has no usual shape as the library explains it."""
    minute, hour, *day = expression.upper().split()
    days, times = _days(day), _times(minute, hour)
    if days is not None and times is not None:
        return f"{days} {times}"
    if day == ["*", "*", "*"]:
        often = _often(minute, hour)
        if often is not None:
            return often
    try:
        said = CronSim(expression, cron.EPOCH).explain()
    except Exception:  # it is a help to read, and the expression itself says all
        return expression
    return said[:1].lower() + said[1:]


def _days(day: list[str]) -> str | None:
    of_month, month, of_week = day
    if month != "*":
        return None
    if of_month != "*":
        return f"on day {of_month} of every month" if of_week == "*" and of_month.isdigit() else None
    if of_week == "*":
        return "every day"
    if of_week in WEEKDAYS:
        return "every weekday"
    named = [_day(one) for one in of_week.split(",")]
    return None if None in named else f"every {_and([str(one) for one in named])}"


def _day(one: str) -> str | None:
    if one in SHORT:
        return DAYS[SHORT.index(one)]
    return DAYS[int(one)] if one.isdigit() and int(one) < len(DAYS) else None


def _times(minute: str, hour: str) -> str | None:
    minutes, hours = minute.split(","), hour.split(",")
    if not all(one.isdigit() for one in (*minutes, *hours)) or len(minutes) * len(hours) > MOST_TIMES:
        return None
    return "at " + _and([f"{int(h):02}:{int(m):02}" for h in hours for m in minutes])


def _often(minute: str, hour: str) -> str | None:
    if hour == "*" and minute.isdigit():
        return "every hour" if int(minute) == 0 else f"every hour at {int(minute)} past"
    if minute == "*" and hour == "*":
        return "every minute"
    if hour == "*" and minute.startswith("*/") and minute[2:].isdigit() and 60 % int(minute[2:]) == 0:
        return f"every {_counted(int(minute[2:]), 'minute')}"
    return None


def _once(when: When) -> str:
    at = moment(str(when.spec["at"]), cron.zone(when.timezone), "spec.at")
    local = datetime.fromtimestamp(at, cron.zone(when.timezone))
    return f"{local.day} {local:%B %Y} at {local:%H:%M}"


def _file(spec: Any) -> str:
    where = f"below {spec['prefix']}" if spec["prefix"] else "of yours"
    like = f" like {spec['pattern']}" if spec.get("pattern") else ""
    return f"on every new shared file {where}{like}"


def _duration(seconds: float) -> str:
    rest, parts = timedelta(seconds=round(seconds)).total_seconds(), []
    for size, name in UNITS:
        number, rest = divmod(rest, size)
        if number:
            parts.append((int(number), name))
    if len(parts) == 1 and parts[0][0] == 1:
        return parts[0][1]
    return " ".join(f"{number} {name}{'' if number == 1 else 's'}" for number, name in parts)


def _counted(number: int, name: str) -> str:
    return name if number == 1 else f"{number} {name}s"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
