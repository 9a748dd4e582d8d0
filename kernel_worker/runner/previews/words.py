"""A repr of bounded length: containers by their first items, whatever they hold."""

from __future__ import annotations

from itertools import islice
from typing import Any

from kernel_worker.runner.text import clean, safe_repr

LONGEST = 4_000
LONGEST_ITEM = 500
MOST_ITEMS = 50
DEEPEST = 3
BRACKETS: dict[Any, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("{", "}"),
    dict: ("{", "}"),
}


def short_repr(obj: Any) -> str:
    """At most ``LONGEST`` characters. An object's own ``__repr__`` runs; one that raises is told."""
    return clean(_short(obj, LONGEST, 0), LONGEST)


def _short(obj: Any, longest: int, depth: int) -> str:
    kind = type(obj)
    if kind in {str, bytes}:
        return repr(obj[:longest]) + ("…" if len(obj) > longest else "")
    if kind is int and obj.bit_length() > 1024:
        return f"an int of {obj.bit_length()} bits"
    if kind in BRACKETS:
        return _container(obj, kind, depth)
    return clean(safe_repr(obj), longest)


def _container(obj: Any, kind: type, depth: int) -> str:
    opened, closed = BRACKETS[kind]
    if not obj:
        return repr(obj)
    if depth >= DEEPEST:
        return f"{opened}…{closed}"
    items = islice(obj.items() if kind is dict else obj, MOST_ITEMS)
    if kind is dict:
        shown = [f"{_item(key, depth)}: {_item(value, depth)}" for key, value in items]
    else:
        shown = [_item(item, depth) for item in items]
    more = [f"… ({len(obj)} items)"] if len(obj) > MOST_ITEMS else []
    return f"{opened}{', '.join(shown + more)}{closed}"


def _item(obj: Any, depth: int) -> str:
    return _short(obj, LONGEST_ITEM, depth + 1)
