"""The stream of one execution: from its beginning, or from where a client was, to ``finished``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import redis

from broker_config.wire.states import EXECUTION_TERMINAL
from tasks.ledger.models import Execution, User
from web.answers import dumps
from web.live import cursor, history
from web.live.entries import Entry, Live, StreamId
from web.live.frames import frame
from web.live.looks import Batch

LAST_WAIT_S = 0.5
"""The ledger may know of an end before its last events have come: they tell more."""

Recorded = Callable[[Execution], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an execution is looked up: ``again`` its row as a user sees it, ``recorded`` its events made
    from the ledger."""

    client: redis.Redis
    again: Callable[[User], Execution]
    recorded: Recorded


class ExecutionFeed:
    """What one client is told of one execution."""

    def __init__(
        self, source: Source, user: User, execution: Execution, tip: StreamId, resume: StreamId | None
    ) -> None:
        self.over = False
        self.again_s: float | None = None
        self._source = source
        self._user = user
        self._execution = execution
        self._tip = tip
        self._resume = resume
        self._at: StreamId = (0, 0)
        self._sent = False
        self._ended_at: float | None = None

    def past(self) -> Iterator[str]:
        """What it did up to now."""
        row, resume = self._execution, self._resume
        after = resume if resume is not None else history.before(row.started_at or row.submitted_at)
        self._at, self._sent = after, resume is not None
        past = history.of_execution(self._source.client, row.kernel_uid, row.id, after, self._tip)
        if row.status not in EXECUTION_TERMINAL:
            yield from map(self._live, past)
            return
        # Ended: either all of it is still there, or the ledger tells it; never half of each. What was
        # cleared is told by the ledger alone: Redis keeps it for a while.
        held = list(past) if row.cleared_at is None else []
        if held and held[-1].ends and (resume is not None or held[0].event.seq == 0):
            yield from map(self._live, held)
        else:
            yield self.settle(self._source.recorded(row))

    def live(self, entries: list[Entry]) -> str:
        """What came."""
        return "".join(self._live(entry) for entry in entries if isinstance(entry, Live))

    def look(self, batch: Batch, changed: frozenset[str]) -> list[dict[str, Any]]:
        """Its events by the ledger, once it has ended there and the last ones did not come."""
        self._renew(self._source.again(self._user))
        if self._ended_at is None or time.monotonic() - self._ended_at < LAST_WAIT_S:
            return []
        return self._source.recorded(self._execution)

    def settle(self, found: list[dict[str, Any]]) -> str:
        """Tell them, and no more."""
        if self.over or not found:
            return ""
        self.over, self.again_s = True, None
        # Who has seen the beginning gets the end alone: it holds the whole result.
        return "".join(frame(dumps(event)) for event in (found[-1:] if self._sent else found))

    def check(self, user: User, batch: Batch) -> None:
        """Raises ``NotFound`` where it is not theirs to see any more."""
        self._user = user
        self._renew(self._source.again(user))

    def _renew(self, row: Execution) -> None:
        self._execution = row
        if self._has_ended() and self._ended_at is None:
            self._ended_at = time.monotonic()
        if self._ended_at is not None and not self.over:
            self.again_s = LAST_WAIT_S

    def _has_ended(self) -> bool:
        return self._execution.status in EXECUTION_TERMINAL

    def _live(self, entry: Live) -> str:
        if self.over or entry.at <= self._at or entry.event.execution_id != self._execution.id:
            return ""
        self._at, self._sent = entry.at, True
        self.over = entry.ends is not None
        return frame(entry.text, cursor.show({entry.uid: entry.at}))
