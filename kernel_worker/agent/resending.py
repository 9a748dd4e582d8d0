"""Results that the recorder has not acknowledged are sent again."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from kernel_worker.agent.recording import Tools

FIRST_S = 5.0
LONGEST_S = 300.0
MOST_AT_ONCE = 100

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Due:
    """When a result is sent again, and how long is waited after that."""

    at: float
    wait_s: float


class Resending:
    """Again after 5 s, then ever more rarely: what Redis took is still there for a recorder that is down."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._due: dict[str, Due] = {}
        self._lock = threading.Lock()

    def tick(self) -> None:
        """Send what is due. Called once a second."""
        now = time.monotonic()
        waiting = self._tools.journal.read().unacknowledged
        with self._lock:
            self._due = {
                execution_id: self._due.get(execution_id) or Due(now + FIRST_S, FIRST_S)
                for execution_id in waiting.copy()
            }
            ready = [execution_id for execution_id, due in self._due.items() if now >= due.at][:MOST_AT_ONCE]
            for execution_id in ready:
                due = self._due[execution_id]
                due.wait_s = min(due.wait_s * 2, LONGEST_S)
                due.at = now + due.wait_s
        for execution_id in ready:
            self._send(execution_id)

    def now(self) -> None:
        """Send all of them again: Redis lost data."""
        for execution_id in self._tools.journal.read().unacknowledged.copy():
            self._send(execution_id)

    def _send(self, execution_id: str) -> None:
        try:
            finished = self._tools.journal.kept_result(execution_id)
        except FileNotFoundError:
            return  # acknowledged meanwhile
        except OSError as error:
            log.error("the result of %s cannot be read: %s", execution_id, error)
            return
        self._tools.publisher.put(finished, out=True, events=True)
