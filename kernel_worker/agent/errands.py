"""What a cell asks of the store while it runs: done in order by one thread; output never waits for S3."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from kernel_worker.agent.guard import without_values

log = logging.getLogger(__name__)


class Errands:
    """Jobs of one execution. A job reports its own failures; one that raises is logged by type."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def begun(self) -> bool:
        """Whether there were any."""
        return self._thread is not None

    def add(self, job: Callable[[], None]) -> None:
        """Do it after those before it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="errands", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def finish(self, timeout_s: float) -> bool:
        """Wait until all are done; False when they are not in time."""
        if self._thread is None:
            return True
        self._jobs.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            began = time.monotonic()
            try:
                job()
            except Exception as error:
                log.error(
                    "an errand failed after %.1f s: %s", time.monotonic() - began, without_values(error)
                )
