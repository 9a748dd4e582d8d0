"""Any value as JSON data: what JSON does not know becomes text, NaN and infinities become null."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections.abc import Mapping
from typing import Any

from kernel_worker.runner.text import clean, safe_str

DEEPEST = 20
LONGEST_TEXT = 10_000
LONGEST_BYTES = 64
MOST_ITEMS = 1_000
EXACT_IN_A_BROWSER = 2**53
NOTHING = frozenset({"NAType", "NaTType"})  # pandas' missing values


def json_safe(value: Any, depth: int = 0) -> Any:
    """The value as JSON-ready data. Never raises for a value's own faults."""
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is int:
        return value if -EXACT_IN_A_BROWSER < value < EXACT_IN_A_BROWSER else _big(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is str:
        return clean(value, LONGEST_TEXT)
    return _other(value, kind, depth)


def _other(value: Any, kind: type, depth: int) -> Any:
    if kind.__name__ in NOTHING:
        return None
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, dt.timedelta)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bytes(bytes(value[: LONGEST_BYTES + 1]), len(value))
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return _nested(value, depth)
    return _foreign(value, depth)


def _nested(value: Any, depth: int) -> Any:
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        pairs = list(value.items())[:MOST_ITEMS]
        return {clean(safe_str(k), 200): json_safe(v, depth + 1) for k, v in pairs}
    return [json_safe(item, depth + 1) for item in list(value)[:MOST_ITEMS]]


def _foreign(value: Any, depth: int) -> Any:
    """NumPy scalars and arrays, Polars series, subclasses of numbers and strings; else text."""
    if isinstance(value, (bool, int, float, str)):
        base = next(b for b in (bool, int, float, str) if isinstance(value, b))
        return json_safe(base(value), depth)
    for method in ("item", "to_list", "tolist"):
        convert = getattr(type(value), method, None)
        if convert is not None:
            try:
                return json_safe(convert(value), depth + 1) if depth < DEEPEST else "…"
            except Exception:  # noqa: S112 (an array has an item() that refuses; the next one fits)
                continue
    return clean(safe_str(value), LONGEST_TEXT)


def _big(value: int) -> str:
    return str(value) if value.bit_length() < 4096 else f"{hex(value >> (value.bit_length() - 64))}…"


def _bytes(head: bytes, size: int) -> str:
    return repr(head) if size <= LONGEST_BYTES else f"{head[:LONGEST_BYTES]!r}… ({size} bytes)"
