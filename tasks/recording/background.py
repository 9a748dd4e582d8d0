"""Repairs of queues that events ask for: in a thread, so that recording does not wait for a lock."""

from __future__ import annotations

import logging
import queue
import threading

from broker_config.wire.errors import HuskError
from tasks.outbox import repair
from tasks.services import Services

log = logging.getLogger(__name__)


class Publishers:
    """Puts what is missing into kernels' queues, one kernel after the other. What fails is the outbox's."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def publish(self, uid: str) -> None:
        """Put soon what waits for this kernel."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="publishers", daemon=True)
            self._thread.start()
        self._waiting.put(uid)

    def close(self) -> None:
        """End the thread after what it does now."""
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(1.0)

    def _run(self) -> None:
        while (uid := self._waiting.get()) is not None:
            try:
                # An agent that was killed took what it had popped with it: that comes first.
                repair(self._services, uid, due_s=0.0)
            except HuskError as error:
                log.warning("kernel %s: its queue waits for the outbox: %s", uid, error)
            except Exception:  # the kernels behind it are served all the same
                log.exception("kernel %s: its queue waits for the outbox", uid)
