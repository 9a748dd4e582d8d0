"""Threads of the agent: one that fails says so and goes on; one that goes on failing ends the process."""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections import deque
from collections.abc import Callable

AGAIN_S = 1.0
MOST_FAILURES = 5
WITHIN_S = 60.0
EXIT_CODE = 70

log = logging.getLogger(__name__)


def without_values(error: BaseException) -> str:
    """An error's type and our own frames; its message may hold what a user wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return f"{type(error).__name__} at " + " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames))


def end_process() -> None:
    """End this process at once: init starts an agent again."""
    os._exit(EXIT_CODE)


def guarded(
    name: str,
    body: Callable[[], None],
    pause: Callable[[float], object] = time.sleep,
    end: Callable[[], None] = end_process,
) -> Callable[[], None]:
    """A thread's body that begins again after an unexpected error, until ``body`` returns by itself.

    ``pause`` waits that many seconds; ``end`` is called after ``MOST_FAILURES`` within ``WITHIN_S``.
    """

    def run() -> None:
        failures: deque[float] = deque(maxlen=MOST_FAILURES)
        while True:
            try:
                body()
            except BaseException as error:
                failures.append(time.monotonic())
                log.error("thread %s failed: %s", name, without_values(error))
            else:
                return
            if len(failures) == MOST_FAILURES and failures[-1] - failures[0] <= WITHIN_S:
                log.critical("thread %s goes on failing: the process is ended", name)
                end()
                return
            pause(AGAIN_S)

    return run


def once(name: str, job: Callable[[], None]) -> None:
    """Do a job; an unexpected error is logged without what it says."""
    try:
        job()
    except Exception as error:
        log.error("%s failed: %s", name, without_values(error))
