"""Data as Python literals, and types of columns as Polars' names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from broker_config.wire.errors import BadField
from tasks.flow_documents import limits

READ_AS_TEXT = {
    "Date": "str.to_date()",
    "Datetime": 'str.to_datetime(time_unit="us")',
    "Time": "str.to_time()",
}
"""What CSV, JSON and inline tables hold as text, and how it becomes a column of that type."""
READ_AS = {
    **dict.fromkeys((*READ_AS_TEXT, "Binary", "Categorical"), "String"),
    **dict.fromkeys(("Duration", "Int8", "Int16", "UInt8", "UInt16"), "Int64"),
}
"""Types that Polars does not read from every text format, and as what they are read before."""


def literal(value: Any) -> str:
    """Python that is this value and nothing else, in one line.

    Raises:
        ValueError: it is no JSON.
    """
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return repr(float(value))
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    raise ValueError(f"a {type(value).__name__} is no literal")


def types(schema: Mapping[str, str]) -> str:
    """Columns and their types, as a dict of Polars' types."""
    return f"{{{', '.join(f'{literal(name)}: {_type(kind)}' for name, kind in schema.items())}}}"


def raw_types(schema: Mapping[str, str]) -> str:
    """The same as text formats read them."""
    return types({name: READ_AS.get(kind, kind) for name, kind in schema.items()})


def converted(schema: Mapping[str, str]) -> list[str]:
    """Lines that give columns of ``table`` their types, which it has in ``raw_types``."""
    texts = {name: kind for name, kind in schema.items() if kind in READ_AS_TEXT}
    casts = {name: kind for name, kind in schema.items() if kind in READ_AS and kind not in READ_AS_TEXT}
    lines = [
        f"table = table.with_columns(pl.selectors.by_name({literal(name)}).{READ_AS_TEXT[kind]})"
        for name, kind in texts.items()
    ]
    return [*lines, *([f"table = table.cast({types(casts)}, strict=True)"] if casts else [])]


def _type(kind: str) -> str:
    if kind not in limits.COLUMN_TYPES:
        raise BadField(f"a column's type is one of {', '.join(limits.COLUMN_TYPES)}", "settings.schema")
    return f"pl.{kind}"
