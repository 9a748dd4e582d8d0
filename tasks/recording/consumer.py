"""Reads one stream of each kernel as one consumer group: each entry is handled, then acknowledged.

One consumer name per group: who gets a kernel's lease first reads what was left unacknowledged.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import redis

from broker_config.wire.errors import Unavailable
from broker_config.wire.events import FIELD
from tasks.broker import translated
from tasks.ledger import attention
from tasks.ledger.session import Ledger
from tasks.recording.leases import Leases
from tasks.recording.pace import Pace
from tasks.recording.sources import Source

WATCH_S = 0.5
BLOCK_MS = 200
AGAIN_S = 10.0
"""What a handler took and did not acknowledge is read again so often: it may have failed."""
COUNT = 200
LATELY_S = 1.0
MANY = 100
"""Entries of about the last second with which it is a flood."""
STOPPED_FOR_S = 60.0
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0
FIRST = "0"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a kernel's stream; ``text`` is None when it has no event at all."""

    uid: str
    entry_id: str
    text: bytes | None


Handler = Callable[[list[Entry]], None]


class Consumer:
    """The loop. ``client`` answers bytes; ``handle`` acknowledges what it has done (``acknowledge``).

    ``urgent``: what is not to be gathered, see ``Pace``.
    """

    def __init__(
        self,
        client: redis.Redis,
        ledger: Ledger,
        source: Source,
        pace: Pace,
        urgent: Callable[[Entry], bool] = lambda entry: False,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._source = source
        self._linger_s = pace.linger_s
        self._urgent = urgent
        self._peeks = pace.peeks
        self._lately = 0.0
        self._lately_at = 0.0
        self._urgent_at = 0.0
        self._leases = Leases(client, source.lease)
        self._served: set[str] = set()
        self._behind: dict[str, str] = {}
        """Kernels of which entries may be there that were read and not acknowledged, and the last seen."""
        self._watch_at = 0.0
        self._again_at = time.monotonic() + AGAIN_S

    def run(self, handle: Handler, stopped: threading.Event) -> None:
        """Serve until ``stopped``; goes on when Redis or the database is away."""
        log.info("%s: begins", self._source.group)
        wait_s = FIRST_WAIT_S
        while not stopped.is_set():
            try:
                self._turn(handle, stopped)
                wait_s = FIRST_WAIT_S
            except Unavailable as error:
                log.warning("%s: %s", self._source.group, error)
                self._behind = dict.fromkeys(self._served, FIRST)
                stopped.wait(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        self._leases.release(sorted(self._served))

    def _turn(self, handle: Handler, stopped: threading.Event) -> None:
        with translated():
            if time.monotonic() >= self._watch_at:
                self._watch()
            if not self._served:
                stopped.wait(BLOCK_MS / 1000)
                return
            self._look_back()
            entries = self._read_all(stopped)
        if entries:
            handle(entries)

    def _look_back(self) -> None:
        if time.monotonic() >= self._again_at:
            self._again_at = time.monotonic() + AGAIN_S
            self._behind = {**dict.fromkeys(self._served, FIRST), **self._behind}

    def _watch(self) -> None:
        """Which kernels there are, and which of them are ours."""
        with self._ledger.read() as session:
            uids = attention.watched(session, time.time() - STOPPED_FOR_S)
        mine = self._leases.hold(uids)
        new = mine - self._served
        self._make_groups(new)
        behind = {**self._behind, **dict.fromkeys(new, FIRST)}
        self._behind = {uid: place for uid, place in behind.items() if uid in mine}
        self._leases.release(sorted(self._served - set(uids)))
        self._served = mine
        self._watch_at = time.monotonic() + WATCH_S

    def _make_groups(self, uids: set[str]) -> None:
        pipe = self._client.pipeline(transaction=False)
        for uid in sorted(uids):
            pipe.xgroup_create(self._source.key(uid), self._source.group, id="0", mkstream=True)
        for answer in pipe.execute(raise_on_error=False):
            if isinstance(answer, Exception) and "BUSYGROUP" not in str(answer):
                raise answer

    def _read_all(self, stopped: threading.Event) -> list[Entry]:
        """What was left behind comes first, and alone: order is kept."""
        if self._behind:
            left = self._read(self._behind, None)
            self._behind = _next_places(self._behind, left)
            if left:
                return left
        served = dict.fromkeys(self._served, ">")
        entries = self._read(served, BLOCK_MS)
        waits = self._linger_s and entries and len(entries) < COUNT and not self._any_urgent(entries)
        self._count(len(entries))
        if waits:
            more = self._gather(served, stopped, time.monotonic() + self._linger_s)
            self._count(len(more))
            entries += more
        return entries

    def _gather(self, served: dict[str, str], stopped: threading.Event, until: float) -> list[Entry]:
        """What comes until then (monotonic), or until something urgent does."""
        found: list[Entry] = []
        for _ in range(0 if self._is_flood() else self._peeks):
            left_ms = int((until - time.monotonic()) * 1000)
            if left_ms <= 0:
                return found
            found += self._read(served, left_ms)
            if not found or len(found) >= COUNT or self._any_urgent(found):
                return found
        if not stopped.wait(max(0.0, until - time.monotonic())):
            found += self._read(served, None)
        return found

    def _any_urgent(self, entries: list[Entry]) -> bool:
        if not any(map(self._urgent, entries)):
            return False
        self._urgent_at = time.monotonic()
        return True

    def _is_flood(self) -> bool:
        """Whether many entries come and none was urgent lately: each look would be in some cell's way."""
        return self._lately >= MANY and time.monotonic() - self._urgent_at > LATELY_S

    def _count(self, count: int) -> None:
        """How many entries came lately is about as many as came within ``LATELY_S``."""
        now = time.monotonic()
        self._lately = count + self._lately * max(0.0, 1.0 - (now - self._lately_at) / LATELY_S)
        self._lately_at = now

    def _read(self, since: Mapping[str, str], block_ms: int | None) -> list[Entry]:
        group = self._source.group
        streams: Any = {self._source.key(uid): place for uid, place in sorted(since.items())}
        try:
            answer = self._client.xreadgroup(group, group, streams, COUNT, block_ms)
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            # Redis lost data, or a kernel was deleted.
            self._watch()
            self._make_groups(self._served)
            return []
        return [entry for name, read in _pairs(answer) for entry in _entries(name, read)]


def acknowledge(pipe: Any, source: Source, entries: list[Entry]) -> None:
    """Add the acknowledgement of these entries to a pipeline."""
    by_uid: dict[str, list[str]] = {}
    for entry in entries:
        by_uid.setdefault(entry.uid, []).append(entry.entry_id)
    for uid, ids in by_uid.items():
        pipe.xack(source.key(uid), source.group, *ids)


def _next_places(read: Mapping[str, str], left: list[Entry]) -> dict[str, str]:
    """Where reading goes on, of kernels that gave as much as was asked for."""
    last = {entry.uid: entry.entry_id for entry in left}
    counts = Counter(entry.uid for entry in left)
    return {uid: last[uid] for uid in read if counts[uid] >= COUNT}


def _pairs(answer: Any) -> list[tuple[bytes, Any]]:
    return list(answer.items()) if isinstance(answer, dict) else list(answer or [])


def _entries(name: bytes, read: Any) -> list[Entry]:
    uid = name.decode().split(":")[1]
    return [Entry(uid, entry_id.decode(), (fields or {}).get(FIELD.encode())) for entry_id, fields in read]
