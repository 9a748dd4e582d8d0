"""Cursors of pages: the sort key of the last row, as an opaque string."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from broker_config.wire.errors import BadField

T = TypeVar("T")
LONGEST = 8192


def encode(values: Sequence[int | float | str]) -> str:
    """The cursor after a row whose sort key is ``values``."""
    text = json.dumps(list(values), separators=(",", ":"), allow_nan=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, *types: type) -> list[Any]:
    """The sort key in a cursor: one value for each of ``types``.

    Raises:
        BadField: it is not a cursor of this list.
    """
    values = _values(cursor)
    if not isinstance(values, list) or [type(v) for v in values] != list(types):
        raise BadField("this is not a cursor of this list: use `next` as it was given", "after")
    return values


def _values(cursor: str) -> Any:
    try:
        if len(cursor) > LONGEST:
            return None
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        return json.loads(raw, parse_constant=lambda _name: None)
    except (ValueError, binascii.Error, RecursionError):
        return None


def cut(
    rows: Sequence[T], limit: int, key: Callable[[T], Sequence[int | float | str]]
) -> tuple[list[T], str | None]:
    """A page of at most ``limit`` of ``limit + 1`` asked rows, and the next cursor, if any."""
    if len(rows) <= limit:
        return list(rows), None
    page = list(rows[:limit])
    return page, encode(key(page[-1]))
