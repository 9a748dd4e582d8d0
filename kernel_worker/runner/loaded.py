"""Artifacts that were loaded before the kernel was ready (recovery ``eager``), each for its first reader."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any


class Loaded:
    """By sum. An object is handed out once: who reads the artifact again gets another, as was published."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[str, tuple[str, dict[str, Any], Any]] = {}

    def load(self, fd: int, sha256: str, fmt: str, meta: dict[str, Any]) -> dict[str, Any]:
        """Load an object from its file, and close that. Raises whatever the object's own code does."""
        from kernel_worker.runner.stored.reading import is_lazy, load

        if is_lazy(fmt, meta):
            os.close(fd)
            return {"loaded": False}
        before = _open_figures()
        found = load(fd, fmt, meta, "an artifact")
        if _close(_open_figures() - before):
            return {"loaded": False}  # a figure opens as it is loaded: in the cell that reads it, then
        with self._lock:
            self._objects[sha256] = (fmt, meta, found)
        return {"loaded": True}

    def take(self, sha256: str, fmt: str, meta: dict[str, Any]) -> tuple[Any] | None:
        """The object, from now on the caller's; None when it is not here (any more)."""
        with self._lock:
            kept = self._objects.pop(sha256, None)
        return None if kept is None or kept[:2] != (fmt, meta) else (kept[2],)


def _open_figures() -> set[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot is not None else set()


def _close(figures: set[int]) -> bool:
    for number in figures:
        sys.modules["matplotlib.pyplot"].close(number)
    return bool(figures)
