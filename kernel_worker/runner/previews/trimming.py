"""The first rows of a frame with the beginnings of long values: a cell may be a list of millions."""

from __future__ import annotations

from typing import Any

LONGEST_TEXT = 250  # over what a preview shows, so that it says "…"
MOST_ITEMS = 20
MOST_FIELDS = 20


def trimmed(pl: Any, head: Any) -> Any:
    """The same rows; texts, lists and structs by their beginnings."""
    long = {name: kind for name, kind in head.schema.items() if kind.is_nested() or kind == pl.String}
    if not long:
        return head
    return head.with_columns(_beginning(pl, pl.col(name), kind).alias(name) for name, kind in long.items())


def _beginning(pl: Any, values: Any, kind: Any) -> Any:
    if kind == pl.String:
        return values.str.slice(0, LONGEST_TEXT)
    if kind == pl.Array:
        return _items(pl, values.arr.to_list(), kind.inner)
    if kind == pl.List:
        return _items(pl, values, kind.inner)
    if kind == pl.Struct and kind.fields:
        fields = [
            _beginning(pl, values.struct.field(one.name), one.dtype).alias(one.name)
            for one in kind.fields[:MOST_FIELDS]
        ]
        return pl.when(values.is_not_null()).then(pl.struct(fields))
    return values


def _items(pl: Any, values: Any, inner: Any) -> Any:
    some = values.list.head(MOST_ITEMS)
    if inner.is_nested() or inner == pl.String:
        return some.list.eval(_beginning(pl, pl.element(), inner))
    return some
