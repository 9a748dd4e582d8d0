"""Looks at runs in one process: one at a time at each run, and one more where somebody asked meanwhile."""

from __future__ import annotations

import threading

from tasks.flow_runs.advancing import advance
from tasks.services import Services


class Looks:
    """Safe for threads. Of many who ask during a look, all are served by the one after it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._asked: dict[str, bool] = {}
        """Runs that are looked at, and whether somebody has asked since the look began."""

    def look(self, run_id: str) -> None:
        """Look at a run now, or have it looked at once more by who does. Raises as ``advance``."""
        with self._lock:
            if run_id in self._asked:
                self._asked[run_id] = True
                return
            self._asked[run_id] = False
        try:
            while True:
                advance(self._services, run_id)
                if not self._again(run_id):
                    return
        except BaseException:
            with self._lock:
                self._asked.pop(run_id, None)
            raise

    def _again(self, run_id: str) -> bool:
        with self._lock:
            if self._asked[run_id]:
                self._asked[run_id] = False
                return True
            del self._asked[run_id]
            return False
