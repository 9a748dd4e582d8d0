"""A table that stands in the document, as Python."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from broker_config.wire.errors import BadField
from tasks.flow_documents.literals import converted, literal, raw_types


def inline_table(source: Mapping[str, Any]) -> list[str]:
    """Lines that make ``table`` of ``columns`` and ``rows``.

    Raises:
        BadField: a row has not one value a column, or a date or time is none.
    """
    schema = {column["name"]: column["type"] for column in source["columns"]}
    rows = source["rows"]
    for n, row in enumerate(rows):
        if len(row) != len(schema):
            raise BadField(f"a list of {len(schema)} values is needed", f"settings.source.rows[{n}]")
    lines = ["table = pl.DataFrame(", "    {"]
    for place, (name, kind) in enumerate(schema.items()):
        values = [_value(row[place], kind, f"settings.source.rows[{n}]") for n, row in enumerate(rows)]
        lines.append(f"        {literal(name)}: {literal(values)},")
    return [*lines, "    },", f"    schema={raw_types(schema)},", ")", *converted(schema)]


def _value(value: Any, kind: str, path: str) -> Any:
    """Dates and times in one form, which Polars finds out by itself."""
    if kind not in _TIMES or value is None:
        return value
    try:
        return _TIMES[kind](value)
    except (ValueError, TypeError):
        raise BadField(f"a {kind} as ISO 8601 text is needed", path) from None


def _date(value: str) -> str:
    return datetime.date.fromisoformat(value).isoformat()


def _datetime(value: str) -> str:
    found = datetime.datetime.fromisoformat(value)
    if found.tzinfo is not None:  # columns of this type have no zone: it is UTC then
        found = found.astimezone(datetime.UTC).replace(tzinfo=None)
    return found.isoformat(timespec="microseconds")


def _time(value: str) -> str:
    return datetime.time.fromisoformat(value).replace(tzinfo=None).isoformat(timespec="microseconds")


_TIMES: dict[str, Callable[[str], str]] = {"Date": _date, "Datetime": _datetime, "Time": _time}
