"""Events of one execution, numbered."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from broker_config.wire.events import Event, pack
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.spool import Spool

SEQ_BLOCK = 1_000

log = logging.getLogger(__name__)


class Emitter:
    """Numbers events and hands them to the publisher; used by the relay and its errands' thread."""

    def __init__(self, execution_id: str, publisher: Publisher, spool: Spool) -> None:
        self.execution_id = execution_id
        self._publisher = publisher
        self._spool = spool
        self._seq = 0
        # The first ones need no mark: an adopter's numbers begin above them.
        self._marked = SEQ_BLOCK
        self._lock = threading.Lock()

    def continue_at(self, seq: int) -> None:
        """Go on above the numbers that an earlier agent may have used."""
        self._seq = self._marked = max(SEQ_BLOCK, seq)

    def emit(self, body: Any, *, out: bool = True, events: bool = False, must: bool = False) -> bool:
        """Queue an event; False when it is not JSON or too much waits for Redis."""
        with self._lock:
            payload = self.packed(body)
            if payload is None:
                return False
            if self._seq >= self._marked:
                self._marked = self._seq + SEQ_BLOCK
                self._spool.next_event(self._marked)
            self._seq += 1
            return self._publisher.put(payload, out=out, events=events, must=must)

    def packed(self, body: Any) -> str | None:
        """The next event as text; None when the body is not JSON (NaN, too deep: the runner is hostile)."""
        try:
            return pack(Event(self.execution_id, self._seq, time.time(), body))
        except (ValueError, TypeError, RecursionError) as error:
            log.warning("an event of %s is not JSON: %s", self.execution_id, type(error).__name__)
            return None
