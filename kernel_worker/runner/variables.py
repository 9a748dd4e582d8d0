"""A flow's variables for people: name, type, size, short repr."""

from __future__ import annotations

import contextlib
import sys
from itertools import islice
from types import ModuleType
from typing import Any

from kernel_worker.runner.namespaces import OURS
from kernel_worker.runner.shell import FlowShell
from kernel_worker.runner.text import clean, safe_repr

MOST = 1_000
SHORT = 120
ITEMS = 6
STUCK = "(its repr takes too long)"
WAITING = "…"


class Listing:
    """Made in a thread of its own; ``so_far`` is what there is when that thread is stuck."""

    def __init__(self, shell: FlowShell | None) -> None:
        self._shell = shell
        self._rows: list[dict[str, Any]] = []
        self._at = -1

    def make(self) -> dict[str, Any]:
        """``{"variables": [{"name", "type", "size", "repr"}], "total"}``; size in bytes, or None."""
        found = _named(self._shell)
        self._rows = [
            {"name": clean(name, 200), "type": _type(value), "size": None, "repr": WAITING}
            for name, value in found[:MOST]
        ]
        for place, (_name, value) in enumerate(found[:MOST]):
            self._at = place
            self._rows[place]["repr"] = clean(_short(value), SHORT * 2)
            self._rows[place]["size"] = _size(value)
        return {"variables": self._rows, "total": len(found)}

    def so_far(self) -> dict[str, Any]:
        """The list with a note where the listing is stuck."""
        rows = [dict(row) for row in self._rows]
        if 0 <= self._at < len(rows) and rows[self._at]["repr"] == WAITING:
            rows[self._at]["repr"] = STUCK
        return {"variables": rows, "total": len(rows)}


def _named(shell: FlowShell | None) -> list[tuple[str, Any]]:
    if shell is None:
        return []
    hidden = shell.user_ns_hidden
    return [
        (name, value)
        for name, value in list(shell.user_ns.items())
        if isinstance(name, str)
        and not name.startswith("_")
        and name not in OURS
        and name not in hidden
        and not isinstance(value, ModuleType)
    ]


def _type(value: Any) -> str:
    kind = type(value)
    return clean(kind.__qualname__, 200)


def _short(value: Any, depth: int = 0) -> str:
    """A repr of bounded length: containers by their first items, frames and arrays by their shape."""
    kind = type(value)
    if kind is str or kind is bytes:
        return repr(value[:SHORT]) + ("…" if len(value) > SHORT else "")
    if kind is int and value.bit_length() > 1024:
        return f"int of {value.bit_length()} bits"
    if kind in {list, tuple, set, frozenset, dict}:
        return _container(value, depth)
    shape = _shape(value)
    return f"{kind.__name__} {shape}" if shape else safe_repr(value)


def _container(value: Any, depth: int) -> str:
    name = type(value).__name__
    if depth >= 2:
        return f"{name} of {len(value)}"
    if type(value) is dict:
        shown = [f"{_short(k, depth + 1)}: {_short(v, depth + 1)}" for k, v in islice(value.items(), ITEMS)]
    else:
        shown = [_short(item, depth + 1) for item in islice(iter(value), ITEMS)]
    more = ["…"] if len(value) > ITEMS else []
    return f"{name} of {len(value)}: {', '.join(shown + more)}"


def _shape(value: Any) -> str:
    """Shape of frames and arrays: their repr may be long to make."""
    if type(value).__module__.partition(".")[0] not in {"polars", "pandas", "numpy", "pyarrow"}:
        return ""
    with contextlib.suppress(Exception):
        shape = tuple(int(n) for n in value.shape)
        return " × ".join(map(str, shape))
    return ""


def _size(value: Any) -> int | None:
    for name in ("nbytes", "estimated_size"):
        with contextlib.suppress(Exception):
            found = getattr(type(value), name, None)
            if found is not None:
                size = getattr(value, name)
                return int(size() if callable(size) else size)
    with contextlib.suppress(Exception):
        return int(sys.getsizeof(value))
    return None
