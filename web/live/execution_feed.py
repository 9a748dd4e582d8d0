"""The stream of one execution: from its beginning, or from where a client was, to ``finished``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import redis

from broker_config.wire.states import EXECUTION_TERMINAL
from tasks.ledger.models import Execution
from web.answers import dumps
from web.live import cursor, history
from web.live.entries import Changed, Live, StreamId
from web.sse import Pace, frame

LOOK_EVERY_S = 2.0
LAST_WAIT_S = 0.5

Recorded = Callable[[Execution], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an execution is looked up: ``again`` its row, ``recorded`` its events made from the ledger."""

    client: redis.Redis
    again: Callable[[], Execution]
    recorded: Recorded


class ExecutionFeed:
    """One client's stream of one execution."""

    def __init__(self, source: Source, pace: Pace, execution: Execution, tip: StreamId) -> None:
        self._source = source
        self._pace = pace
        self._execution = execution
        self._tip = tip
        self._at: StreamId = (0, 0)
        self._sent = False
        self._finished = False

    def chunks(self, resume: StreamId | None) -> Iterator[str]:
        """Text until the execution has finished."""
        yield from self._past(resume)
        while not self._finished:
            look = self._ended()
            entries = self._pace.take(LAST_WAIT_S if look else LOOK_EVERY_S)
            text = "".join(self._live(e) for e in entries if isinstance(e, Live))
            if look and not self._finished:
                text += self._from_ledger()
            elif any(isinstance(e, Changed) for e in entries) or not entries:
                self._execution = self._source.again()
            yield self._pace.with_heartbeat(text)

    def _ended(self) -> bool:
        return self._execution.status in EXECUTION_TERMINAL

    def _past(self, resume: StreamId | None) -> Iterator[str]:
        row = self._execution
        after = resume if resume is not None else history.before(row.started_at or row.submitted_at)
        self._at, self._sent = after, resume is not None
        past = history.of_execution(self._source.client, row.kernel_uid, row.id, after, self._tip)
        if not self._ended():
            yield from map(self._live, past)
            return
        # Ended: either all of it is still there, or the ledger tells it; never half of each.
        held = list(past)
        if held and held[-1].ends and (resume is not None or held[0].event.seq == 0):
            yield from map(self._live, held)
        else:
            yield self._from_ledger()

    def _live(self, entry: Live) -> str:
        if self._finished or entry.at <= self._at or entry.event.execution_id != self._execution.id:
            return ""
        self._at, self._sent = entry.at, True
        self._finished = entry.ends is not None
        return frame(entry.text, cursor.show({entry.uid: entry.at}))

    def _from_ledger(self) -> str:
        self._finished = True
        events = self._source.recorded(self._execution)
        # Who has seen the beginning gets the end alone: it holds the whole result.
        return "".join(frame(dumps(event)) for event in (events[-1:] if self._sent else events))
