"""Bounded waits for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout_s: float = 10.0, what: str = "") -> T:
    """The first true value of ``condition``, asked every 20 ms.

    Raises:
        AssertionError: it was not true within ``timeout_s``.
    """
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what or condition} was not so within {timeout_s:g} s (last: {value!r})")
        pause.wait(0.02)
