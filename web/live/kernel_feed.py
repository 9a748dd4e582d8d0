"""The stream of kernels: their events in order, their pulses, and word of what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Protocol

import redis

from tasks.ledger.models import User
from web.answers import dumps
from web.live import cursor, history
from web.live.entries import Beat, Entry, Live, StreamId
from web.live.frames import frame
from web.live.looks import Batch


class View(Protocol):
    """What the client may see. All of it may read the ledger."""

    def describe(self, batch: Batch, changed: frozenset[str]) -> list[str]:
        """Those of some kernels and runs that the client may see, as events."""

    def check(self, user: User, batch: Batch) -> None:
        """Note who the client is now."""

    def cleared(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some executions whose output was erased: Redis keeps it for a while."""


class KernelFeed:
    """What one client is told of kernels and runs; for ever. ``again_s``: see ``Feed``."""

    over = False

    def __init__(
        self,
        client: redis.Redis,
        view: View,
        tips: dict[str, StreamId],
        resume: dict[str, StreamId],
        again_s: float | None = None,
    ) -> None:
        self.again_s = again_s
        self._client = client
        self._view = view
        self._tips = tips
        self._resume = resume
        self._at = dict(tips)

    def past(self) -> Iterator[str]:
        """What came after the client's last event, if it had one."""
        for uid in self._tips.keys() & self._resume.keys():
            after = self._resume[uid]
            if after != (0, 0) and not history.holds(self._client, uid, after):
                yield frame(dumps({"type": "gap", "kernel_id": uid}))
            self._at[uid] = after
            entries = history.since(self._client, uid, after, self._tips[uid])
            while some := list(islice(entries, history.AT_ONCE)):
                ids = {entry.event.execution_id for entry in some if entry.event.execution_id is not None}
                cleared = self._view.cleared(ids)
                yield from (self._live(one) for one in some if one.event.execution_id not in cleared)
            self._at[uid] = max(self._at[uid], self._tips[uid])

    def live(self, entries: list[Entry]) -> str:
        """What came."""
        return "".join(map(self._entry, entries))

    def look(self, batch: Batch, changed: frozenset[str]) -> list[str]:
        """Changed kernels and runs as they are now."""
        return self._view.describe(batch, changed)

    def settle(self, found: list[str]) -> str:
        """Tell of them."""
        return "".join(map(frame, found))

    def check(self, user: User, batch: Batch) -> None:
        """Raises ``NotFound`` for kernels that are not theirs to see any more."""
        self._view.check(user, batch)

    def _entry(self, entry: Entry) -> str:
        if isinstance(entry, Live):
            return self._live(entry)
        return frame(entry.text) if isinstance(entry, Beat) else ""

    def _live(self, entry: Live) -> str:
        # History and the reader overlap; ids only grow.
        if entry.at <= self._at[entry.uid]:
            return ""
        self._at[entry.uid] = entry.at
        return frame(entry.text, cursor.show(self._at))
