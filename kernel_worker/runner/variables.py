"""A flow's variables for people: name, type, size, short repr."""

from __future__ import annotations

import contextlib
import sys
from itertools import islice
from types import ModuleType
from typing import Any

from kernel_worker.runner.namespaces import OURS
from kernel_worker.runner.reluctant import Reluctant
from kernel_worker.runner.shell import FlowShell
from kernel_worker.runner.text import clean

MOST = 1_000
SHORT = 120
ITEMS = 6
STUCK = "(its repr takes too long)"
WAITING = "…"


class Listing:
    """Made in a thread of its own; ``so_far`` is what there is when that thread is stuck."""

    def __init__(self, shell: FlowShell | None, reluctant: Reluctant) -> None:
        self._shell = shell
        self._reluctant = reluctant
        self._total = 0
        self._rows: list[dict[str, Any]] = []
        self._at = -1

    def make(self) -> dict[str, Any]:
        """``{"variables": [{"name", "type", "size", "repr"}], "total"}``; size in bytes, or None."""
        found = _named(self._shell)
        self._total = len(found)
        self._rows = [
            {"name": clean(name, 200), "type": _type(value), "size": None, "repr": WAITING}
            for name, value in found[:MOST]
        ]
        for place, (_name, value) in enumerate(found[:MOST]):
            self._at = place
            self._rows[place]["repr"] = clean(short(value, self._reluctant), SHORT * 2)
            self._rows[place]["size"] = self._reluctant.run(value, lambda: _size(value), lambda _why: None)  # noqa: B023
        return {"variables": self._rows, "total": self._total}

    def so_far(self) -> dict[str, Any]:
        """The list with a note where the listing is stuck."""
        rows = [dict(row) for row in self._rows]
        if 0 <= self._at < len(rows) and rows[self._at]["repr"] == WAITING:
            rows[self._at]["repr"] = STUCK
        return {"variables": rows, "total": self._total}


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
        and not issubclass(type(value), ModuleType)
    ]


def _type(value: Any) -> str:
    kind = type(value)
    return clean(kind.__qualname__, 200)


def short(value: Any, reluctant: Reluctant, depth: int = 0) -> str:
    """A repr of bounded length: containers by their first items, frames and arrays by their shape."""
    kind = type(value)
    if kind is str or kind is bytes:
        return repr(value[:SHORT]) + ("…" if len(value) > SHORT else "")
    if kind is int and value.bit_length() > 1024:
        return f"int of {value.bit_length()} bits"
    if kind in {list, tuple, set, frozenset, dict}:
        return _container(value, reluctant, depth)
    shape = _shape(value)
    if shape:
        return f"{kind.__name__} {shape}"
    return reluctant.run(value, lambda: repr(value), lambda why: f"<{kind.__name__}: its repr {why}>")


def _container(value: Any, reluctant: Reluctant, depth: int) -> str:
    name = type(value).__name__
    if depth >= 2:
        return f"{name} of {len(value)}"
    if type(value) is dict:
        first = list(islice(value.items(), ITEMS))
        shown = [f"{short(k, reluctant, depth + 1)}: {short(v, reluctant, depth + 1)}" for k, v in first]
    else:
        shown = [short(item, reluctant, depth + 1) for item in list(islice(iter(value), ITEMS))]
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
    if type(value).__module__.startswith("pandas.") and hasattr(value, "memory_usage"):
        used = value.memory_usage(deep=False)  # its ``__sizeof__`` looks at every string
        return int(used.sum() if hasattr(used, "sum") else used)
    for name in ("nbytes", "estimated_size"):
        if getattr(type(value), name, None) is not None:
            size = getattr(value, name)
            return int(size() if callable(size) else size)
    return int(sys.getsizeof(value))
