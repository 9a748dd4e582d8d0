"""What time alone asks of runs: looks that are due, schedules, and the end of what is kept long enough."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from broker_config.wire.errors import HuskError
from tasks import schedules
from tasks.flow_runs.looks import Looks
from tasks.flow_runs.pruning import prune_by_settings
from tasks.ledger import runs
from tasks.services import Services

MOST_DUE = 200
AFTER_A_FAULT_S = 30.0
PRUNE_EVERY_S = 3600.0

log = logging.getLogger(__name__)


class Ticks:
    """The parts of a tick, each for itself: what another tick still works at is left out."""

    def __init__(self, services: Services, looks: Looks) -> None:
        self._services = services
        self._looks = looks
        self._parts: tuple[tuple[Callable[[], object], threading.Lock], ...] = tuple(
            (part, threading.Lock()) for part in (self._schedules, self._due, self._prune)
        )
        self._prune_at = 0.0

    def tick(self) -> None:
        """Do what is due."""
        for part, lock in self._parts:
            if not lock.acquire(blocking=False):
                continue
            try:
                part()
            except HuskError as error:
                log.warning("flows%s: %s", part.__name__, error)
            finally:
                lock.release()

    def _schedules(self) -> None:
        schedules.tick(self._services)

    def _due(self) -> None:
        with self._services.ledger.read() as s:
            ids = runs.due(s, time.time(), MOST_DUE)
        for run_id in ids:
            try:
                self._looks.look(run_id)
            except HuskError as error:
                log.warning("run %s: it is looked at later: %s", run_id, error)
                self._later(run_id)
            except Exception:  # the runs behind it are looked at all the same
                log.exception("run %s: it is looked at later", run_id)
                self._later(run_id)

    def _later(self, run_id: str) -> None:
        with self._services.ledger.write() as s:
            runs.postpone(s, run_id, time.time() + AFTER_A_FAULT_S)

    def _prune(self) -> None:
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + PRUNE_EVERY_S
            prune_by_settings(self._services)
