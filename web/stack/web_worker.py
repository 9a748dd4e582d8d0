"""gunicorn's worker with threads, whose threads stay with a connection for a moment after an answer.

gunicorn gives each connection back to its main thread, which hands the next request to a thread again: two
changes of threads, of which one waits for the other's turn. Whoever works with cells asks again soon.
"""

from __future__ import annotations

import select
import threading
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

STAYS_MS = 50
"""After so long without a request the connection goes back to the main thread."""
SHARE_STAYING = 4
"""One in so many threads may stay; the others are there for whoever comes."""


class StayingWorker(ThreadWorker):  # type: ignore[misc]
    """``gthread`` with threads that stay. Of no more than a part of them, and only while it is not ending."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = threading.BoundedSemaphore(max(1, self.cfg.threads // SHARE_STAYING))

    def handle(self, conn: Any) -> Any:
        """Answer a request, and those that come soon after it on its connection. In a thread of the pool.

        As gunicorn's: whether the connection is kept, or a sign of its own.
        """
        kept = super().handle(conn)
        while kept is True and self._comes_soon(conn):
            kept = super().handle(conn)
        return kept

    def _comes_soon(self, conn: Any) -> bool:
        if not self.alive or conn.parser.unreader.buf.getvalue() or not self._places.acquire(blocking=False):
            return False
        try:
            waiting = select.poll()
            waiting.register(conn.sock, select.POLLIN)
            return bool(waiting.poll(STAYS_MS))
        except (OSError, ValueError):  # closed meanwhile
            return False
        finally:
            self._places.release()
