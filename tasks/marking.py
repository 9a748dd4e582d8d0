"""Notes in the ledger what was put into a queue, many at a time and a moment later.

A request need not wait for that: until it is noted, Redis itself holds the highest seq that was put
(``keys.sent``), set in the same step as the queue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from broker_config.wire.errors import HuskError
from tasks.ledger import executions
from tasks.ledger.session import Ledger

DELAY_S = 1.0
AGAIN_S = 1.0
MOST = 50_000

log = logging.getLogger(__name__)


class Marks:
    """Ids that were put, to be noted by a thread that starts with the first. Safe for threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[str] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, ids: Iterable[str]) -> None:
        """Note these soon. With the database away for long the oldest are left to the next publisher."""
        with self._changed:
            self._waiting.extend(ids)
            del self._waiting[:-MOST]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="marks", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
            pause.wait(DELAY_S)
            with self._changed:
                ids, self._waiting = self._waiting, []
            if not self._noted(ids):
                self.add(ids)
                pause.wait(AGAIN_S)

    def _noted(self, ids: list[str]) -> bool:
        try:
            with self._ledger.write() as session:
                executions.mark_published(session, ids, time.time())
        except HuskError as error:
            log.warning("%d published cells are noted later: %s", len(ids), error)
            return False
        return True
