"""What can be known of code that has not run: by jedi, beside all else, and never waited for long.

Its first answers take seconds, for it reads the sources of packages; what it has read it keeps. So one
question at a time is given to it, and who asked goes on without an answer after ``BUDGET_S``.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from kernel_worker.runner.live import Live
from kernel_worker.runner.threads import Threads, raise_in

BUDGET_S = 0.2
LONGEST_S = 60.0
A = TypeVar("A")


class Static:
    """Used by any thread; at most one question is being worked on."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._busy: _Work[Any] | None = None

    def ask(self, live: Live, code: str, what: Callable[[Any], A]) -> A | None:
        """``what`` of jedi's interpreter of ``code``; None where there is no answer in time."""
        with self._lock:
            if self._busy is not None and not self._busy.done.is_set():
                return None
            work = self._busy = _Work(live, code, what)
        thread = self._threads.start(work.run)
        work.limit(threading.Timer(LONGEST_S, self._end, [work, thread]))
        return work.found if work.done.wait(BUDGET_S) else None

    @staticmethod
    def _end(work: _Work[Any], thread: threading.Thread) -> None:
        if not work.done.is_set():
            raise_in(thread)


class _Work(Generic[A]):
    def __init__(self, live: Live, code: str, what: Callable[[Any], A]) -> None:
        self._live, self._code, self._what = live, code, what
        self.found: A | None = None
        self.done = threading.Event()
        self._timer: threading.Timer | None = None

    def limit(self, timer: threading.Timer) -> None:
        timer.daemon = True
        self._timer = timer
        timer.start()
        if self.done.is_set():
            timer.cancel()

    def run(self) -> None:
        try:
            self.found = self._what(_interpreter(self._code, self._live))
        except BaseException:  # jedi's own, a package's at import, or ours to end it
            self.found = None
        finally:
            self.done.set()
            if self._timer is not None:
                self._timer.cancel()


def _interpreter(code: str, live: Live) -> Any:
    import jedi

    # On the volume: a container's /tmp is memory, and its home may not be written.
    jedi.settings.cache_directory = str(Path.cwd() / ".cache" / "jedi")
    jedi.settings.allow_unsafe_interpreter_executions = False
    project = jedi.Project(Path.cwd(), sys_path=list(sys.path), smart_sys_path=False)
    return jedi.Interpreter(code, [live.names], project=project)


def position(code: str, cursor: int) -> tuple[int, int]:
    """Line from 1 and column from 0, as jedi counts."""
    return code.count("\n", 0, cursor) + 1, cursor - (code.rfind("\n", 0, cursor) + 1)
