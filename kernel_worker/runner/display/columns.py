"""A column's values as JSON data, all at once where one kind of value is all there is."""

from __future__ import annotations

import datetime as dt
from math import isfinite
from typing import Any

from kernel_worker.runner.display.json_safe import EXACT_IN_A_BROWSER, LONGEST_TEXT, json_safe

NUMBER_CHARACTERS = 12
TIMES = frozenset({dt.datetime, dt.date, dt.time})


def safe_column(values: list[Any]) -> list[Any]:
    """As ``json_safe`` for every value. Never raises for a value's own faults."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    if len(kinds) != 1:
        return values if not kinds else [json_safe(value) for value in values]
    kind = kinds.pop()
    if kind is bool:
        return values
    if kind is float:
        return _floats(values)
    if kind in TIMES:
        return [None if value is None else value.isoformat() for value in values]
    there = [value for value in values if value is not None]
    if kind is int and min(there) > -EXACT_IN_A_BROWSER and max(there) < EXACT_IN_A_BROWSER:
        return values
    if kind is str and max(map(len, there)) <= LONGEST_TEXT and "".join(there).isascii():
        return values
    return [json_safe(value) for value in values]


def _floats(values: list[Any]) -> list[Any]:
    if None not in values and all(map(isfinite, values)):
        return values
    return [value if value is not None and isfinite(value) else None for value in values]


def characters(column: list[Any]) -> int:
    """About how long the column is as text."""
    texts = [value for value in column if type(value) is str] if str in set(map(type, column)) else []
    return sum(map(len, texts)) + 4 * len(texts) + NUMBER_CHARACTERS * (len(column) - len(texts))


def rows_that_fit(columns: list[list[Any]], most: int) -> int:
    """How many of the first rows are at most ``most`` characters long, but one at least."""
    size = 0
    for count, row in enumerate(zip(*columns, strict=True)):
        size += characters(list(row))
        if size > most and count:
            return count
    return len(columns[0]) if columns else 0
