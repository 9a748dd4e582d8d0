"""``progress``: a bar in the cell's output."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any, TypeVar

from broker_config.wire.frames import Step
from kernel_worker.runner.flowfile.session import session_or_none
from kernel_worker.runner.text import clean, safe_str

T = TypeVar("T")
EVERY_S = 0.05


def progress(iterable: Iterable[T], total: float | None = None, label: str = "") -> Iterator[T]:
    """Go through the items and show a bar of how many are done.

    Args:
        iterable: what to go through.
        total: how many there are; without it, the length where there is one.
        label: a word in front of the bar.

    Returns:
        An iterator over the same items.

    Example:
        for part in flowfile.progress(parts, label="parts"):
            work(part)
    """
    bar = _Bar(_total(iterable, total), label)
    done = 0
    bar.show(done)
    try:
        for item in iterable:
            yield item
            done += 1
            bar.show_in_time(done)
    finally:
        bar.show(done)


class _Bar:
    def __init__(self, total: float | None, label: str) -> None:
        self._id = os.urandom(8).hex()
        self._label = clean(safe_str(label), 200)
        self._total = total
        self._next = 0.0

    def show_in_time(self, done: int) -> None:
        if monotonic() >= self._next:
            self.show(done)

    def show(self, done: int) -> None:
        session = session_or_none()
        if session is not None:
            session.outbox.send(Step(self._id, self._label, float(done), self._total))
        self._next = monotonic() + EVERY_S


def _total(iterable: Any, total: float | None) -> float | None:
    with contextlib.suppress(Exception):  # a length may be anything's own code
        number = float(len(iterable) if total is None else total)
        return number if math.isfinite(number) else None
    return None
