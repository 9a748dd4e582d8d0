"""Publishing that events ask for: in a thread, so that recording does not wait for a lock."""

from __future__ import annotations

import logging
import queue
import threading

from broker_config.wire.errors import HuskError
from tasks.publishing import publish
from tasks.services import Services

log = logging.getLogger(__name__)


class Publishers:
    """Publishes kernels' queues, one after the other. What fails is the outbox's."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def publish(self, uid: str) -> None:
        """Publish soon what waits for this kernel."""
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
                publish(self._services, uid)
            except HuskError as error:
                log.warning("kernel %s: its queue waits for the outbox: %s", uid, error)
