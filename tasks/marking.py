"""Notes in the ledger what was put into a queue, many at a time and a moment later.

A request need not wait for that: until it is noted, Redis itself holds the highest seq that was put
(``keys.sent``), set in the same step as the queue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from itertools import islice

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
        self._waiting: dict[str, float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, ids: Iterable[str]) -> None:
        """Note soon that these were put now. With the database away for long, the oldest are left to the
        next publisher."""
        self._add(dict.fromkeys(ids, time.time()))

    def _add(self, put: dict[str, float]) -> None:
        with self._changed:
            self._waiting |= put
            for oldest in list(islice(self._waiting, max(0, len(self._waiting) - MOST))):
                del self._waiting[oldest]
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
                put, self._waiting = self._waiting, {}
            if not self._noted(put):
                self._add(put)
                pause.wait(AGAIN_S)

    def _noted(self, put: dict[str, float]) -> bool:
        try:
            # Nearly all of them have ended by now: a look is cheaper than a write, and in nobody's way.
            with self._ledger.read() as session:
                waiting = executions.still_queued(session, put)
            if waiting:
                with self._ledger.write() as session:
                    executions.mark_published(session, {one: put[one] for one in waiting})
        except HuskError as error:
            log.warning("%d published cells are noted later: %s", len(put), error)
            return False
        return True
