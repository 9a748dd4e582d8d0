"""Namespaces of runs: one per run, from its first node here until it is over."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable

from kernel_worker.runner.shell import FlowShell

MOST = 50
"""Of runs that nobody ended here, and of more at a time than one kernel is good for."""
MOST_LEFT = 10
"""So many namespaces' cycles are freed at the latest: each search costs milliseconds."""


class RunShells:
    """Shells by run, the one used last at the end. Main thread only.

    ``left``: how many were dropped whose cycles are not freed yet.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._shells: OrderedDict[str, FlowShell] = OrderedDict()
        self._evicted: OrderedDict[str, None] = OrderedDict()
        self.left = 0

    def take(self, run_id: str, make: Callable[[], FlowShell]) -> FlowShell:
        """The run's shell; ``make`` gives an unused one."""
        if run_id not in self._shells:
            while len(self._shells) >= self._most:
                self._make_room()
            self._shells[run_id] = make()
        self._shells.move_to_end(run_id)
        return self._shells[run_id]

    def find(self, run_id: str) -> FlowShell | None:
        """The run's shell, if it has one."""
        return self._shells.get(run_id)

    def drop(self, run_id: str) -> None:
        """Let go of a run's variables."""
        self._evicted.pop(run_id, None)
        shell = self._shells.pop(run_id, None)
        if shell is None:
            return
        shell.dispose()
        del shell
        self.left += 1
        if self.left >= MOST_LEFT:
            self.collect()

    def collect(self) -> None:
        """Free what refers to itself in the namespaces that were dropped."""
        if self.left:
            gc.collect()
        self.left = 0

    def was_evicted(self, run_id: str) -> bool:
        """Whether the run's variables were dropped although it was not over; said once."""
        found = run_id in self._evicted
        self._evicted.pop(run_id, None)
        return found

    def _make_room(self) -> None:
        oldest = next(iter(self._shells))
        self.drop(oldest)
        self._evicted[oldest] = None
        while len(self._evicted) > self._most:
            self._evicted.popitem(last=False)
