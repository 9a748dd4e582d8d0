"""The stream of kernels: their events in order, their pulses, and word of what changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import redis

from broker_config.wire.codec import plain
from web.answers import dumps
from web.live import cursor, history
from web.live.entries import Beat, Entry, Live, StreamId
from web.sse import Pace, frame

WAIT_S = 4.0
CHUNK = 256 * 1024
"""Characters at most, or one event: what waits for a slow reader is not held twice."""
CHANGES_EVERY_S = 0.25
"""The ledger changes with every cell; a list on a page need not."""

Describe = Callable[[list[str]], list[dict[str, object]]]


class KernelFeed:
    """One client's stream. ``describe`` shows those of some kernels that the client may see."""

    def __init__(
        self, client: redis.Redis, pace: Pace, describe: Describe, tips: dict[str, StreamId]
    ) -> None:
        self._client = client
        self._pace = pace
        self._describe = describe
        self._tips = tips
        self._at = dict(tips)
        self._changed: dict[str, None] = {}
        self._changes_at = 0.0

    def chunks(self, resume: dict[str, StreamId]) -> Iterator[str]:
        """Text for ever; what came after ``resume`` first."""
        for uid in self._tips.keys() & resume.keys():
            yield from self._missed(uid, resume[uid])
        while True:
            text = ""
            for entry in self._pace.take(self._wait_s()):
                text += self._entry(entry)
                if len(text) > CHUNK:
                    yield self._pace.with_heartbeat(text)
                    text = ""
            yield self._pace.with_heartbeat(text + self._changes())

    def _missed(self, uid: str, after: StreamId) -> Iterator[str]:
        if after != (0, 0) and not history.holds(self._client, uid, after):
            yield frame(dumps({"type": "gap", "kernel_id": uid}))
        self._at[uid] = after
        for entry in history.since(self._client, uid, after, self._tips[uid]):
            yield self._live(entry)
        self._at[uid] = max(self._at[uid], self._tips[uid])

    def _entry(self, entry: Entry) -> str:
        if isinstance(entry, Live):
            return self._live(entry)
        if isinstance(entry, Beat):
            return frame(dumps({"type": "pulse", "kernel_id": entry.uid, **plain(entry.pulse)}))
        self._changed[entry.uid] = None
        return ""

    def _live(self, entry: Live) -> str:
        # History and the reader overlap; ids only grow.
        if entry.at <= self._at[entry.uid]:
            return ""
        self._at[entry.uid] = entry.at
        return frame(entry.text, cursor.show(self._at))

    def _wait_s(self) -> float:
        if not self._changed:
            return WAIT_S
        return max(0.0, CHANGES_EVERY_S - (time.monotonic() - self._changes_at))

    def _changes(self) -> str:
        now = time.monotonic()
        if not self._changed or now - self._changes_at < CHANGES_EVERY_S:
            return ""
        self._changes_at = now
        uids, self._changed = list(self._changed), {}
        return "".join(frame(dumps({"type": "kernel", **shown})) for shown in self._describe(uids))
