"""The process's one reader: XREAD on what is subscribed, handed at once to all whom it concerns."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

import redis

from broker_config import keys
from broker_config.wire.events import Answer
from tasks.waking import wake
from web.live.entries import (
    Changed,
    Entry,
    Live,
    StreamId,
    list_topic,
    parse_id,
    read_out,
    read_pulse,
    run_topic,
)
from web.live.interest import Subscriber
from web.live.xread import Entries, Xread

BLOCK_MS = 5_000
"""Below the socket's timeout."""
BEATS_EVERY_S = 0.25
"""Heartbeats of many kernels go to a page in one piece: fifty pieces a second cost it more than all else."""
MOST_AT_ONCE = 200
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0
NOBODY = ""

log = logging.getLogger(__name__)


class Reader:
    """Started by its first subscriber; runs as long as the process. Safe for threads.

    ``client`` gives bytes.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._xread = Xread(client, MOST_AT_ONCE)
        self._positions: dict[str, str] = {}
        self._beats_at = 0.0
        self._subscribers: dict[Subscriber, None] = {}
        self._by_kernel: dict[str, dict[Subscriber, None]] = {}
        self._answers: dict[tuple[str, str], threading.Event] = {}
        self._answered: dict[tuple[str, str], Answer] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over = False

    def subscribe(self, subscriber: Subscriber) -> dict[str, StreamId]:
        """Each kernel's last id of ``out`` when it began: what is older is history.

        Raises:
            redis.RedisError: Redis is away.
        """
        uids = sorted(subscriber.interest.kernels)
        names = [*map(keys.out, uids), keys.WAKE]
        if subscriber.interest.pulses:
            names += map(keys.pulse, uids)
        # First of all: what comes to a stream that others follow already is not missed. What comes twice,
        # by history and from here, is dropped by its id.
        with self._lock:
            self._subscribers[subscriber] = None
            for uid in uids:
                self._by_kernel.setdefault(uid, {})[subscriber] = None
        try:
            tips = dict(zip(names, self._tips(names), strict=True))
            with self._lock:
                news = tips.keys() - self._positions.keys()
                for name, tip in tips.items():
                    self._positions.setdefault(name, tip)
                self._start()
            if news:
                self._nudge()
        except BaseException:
            self.unsubscribe(subscriber)
            raise
        return {uid: parse_id(tips[keys.out(uid)]) for uid in uids}

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Give it nothing more; may be called again."""
        with self._lock:
            self._subscribers.pop(subscriber, None)
            for uid in subscriber.interest.kernels:
                others = self._by_kernel.get(uid, {})
                others.pop(subscriber, None)
                if not others:
                    self._by_kernel.pop(uid, None)
                    self._positions.pop(keys.out(uid), None)
                    self._positions.pop(keys.pulse(uid), None)

    def close(self) -> None:
        """Let the thread end, soon; for tests, since a process's own ends with it."""
        self._over = True
        with suppress(redis.RedisError):
            self._nudge()

    @property
    def streams(self) -> int:
        """Subscribers at the moment."""
        return len(self._subscribers)

    def expect(self, uid: str, request: str) -> threading.Event:
        """Set when the kernel has answered ``request``; call before asking, then ``answer``."""
        event = threading.Event()
        with self._lock:
            self._answers[uid, request] = event
        return event

    def answer(self, uid: str, request: str) -> Answer | None:
        """The answer, if it came; the question is forgotten."""
        with self._lock:
            self._answers.pop((uid, request), None)
            return self._answered.pop((uid, request), None)

    def _tips(self, names: Iterable[str]) -> list[str]:
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.xrevrange(name, count=1)
        return [found[0][0].decode() if found else "0-0" for found in pipe.execute()]

    def _nudge(self) -> None:
        # The thread may be blocked on the streams of before; an entry about no kernel wakes it at once.
        wake(self._client, NOBODY)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="live-reader", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        pause = threading.Event()
        while not self._over:
            try:
                self._read()
                wait_s = FIRST_WAIT_S
            except redis.RedisError as error:
                log.warning("live streams wait for Redis (%s)", type(error).__name__)
                pause.wait(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            except Exception:  # whatever it was, every open page hangs on this thread
                log.exception("reading live streams failed")
                pause.wait(wait_s)

    def _read(self) -> None:
        with self._lock:
            positions = dict(self._positions)
        pause_ms = round((self._beats_at - time.monotonic()) * 1000)
        if pause_ms > 0:
            positions = {name: at for name, at in positions.items() if not keys.is_pulse(name)}
        beats: dict[Subscriber, list[Entry]] = {}
        for name, entries in self._xread(positions, pause_ms if pause_ms > 0 else BLOCK_MS):
            if self._goes_on(name, entries):
                self._deliver(name, entries, beats)
        for one, its in beats.items():
            self._beats_at = time.monotonic() + BEATS_EVERY_S
            one.take(its)

    def _goes_on(self, name: str, entries: Entries) -> bool:
        """Note how far a stream was read; False: nobody follows it any more."""
        with self._lock:
            if name not in self._positions:
                return False
            self._positions[name] = entries[-1][0].decode()
        return True

    def _deliver(self, name: str, entries: Entries, beats: dict[Subscriber, list[Entry]]) -> None:
        if name == keys.WAKE:
            self._deliver_changes(_read_wakes(entries))
            return
        uid = name.split(":")[1]
        with self._lock:
            followers = list(self._by_kernel.get(uid, ()))
        if not keys.is_pulse(name):
            _give(self._events(uid, entries), followers)
            return
        read = [beat for _, fields in entries if (beat := read_pulse(uid, fields)) is not None]
        for one in followers:
            if one.interest.pulses and read:
                beats.setdefault(one, []).extend(read)

    def _deliver_changes(self, changes: tuple[set[str], dict[str, int], set[tuple[int, str]]]) -> None:
        uids, runs, lists = changes
        with self._lock:
            everybody = list(self._subscribers)
        for one in everybody:
            wanted = set(uids if one.interest.wakes else uids & one.interest.kernels)
            wanted |= {run_topic(run) for run, owner in runs.items() if one.interest.wants_run(run, owner)}
            wanted |= {list_topic(name) for owner, name in lists if owner == one.interest.lists_of}
            if wanted:
                one.take(list(map(Changed, wanted)))

    def _events(self, uid: str, entries: Entries) -> list[Live]:
        """Those of them that are for pages; answers go to who asked."""
        found = []
        for at, fields in entries:
            entry = read_out(uid, parse_id(at), fields)
            if isinstance(entry, Answer):
                self._resolve(uid, entry)
            elif entry is not None:
                found.append(entry)
        return found

    def _resolve(self, uid: str, answer: Answer) -> None:
        with self._lock:
            event = self._answers.get((uid, answer.request))
            if event is not None:
                self._answered[uid, answer.request] = answer
                event.set()


def _read_wakes(entries: Entries) -> tuple[set[str], dict[str, int], set[tuple[int, str]]]:
    """Kernels that changed; runs that did, with their owners; lists, after theirs."""
    uids, runs, lists = set(), {}, set()
    for _, fields in entries:
        if b"list" in fields:
            lists.add((int(fields[b"owner"]), fields[b"list"].decode()))
        elif b"run" in fields:
            runs[fields[b"run"].decode()] = int(fields[b"owner"])
        else:
            uids.add(fields.get(b"kernel", b"").decode())
    return uids - {NOBODY}, runs, lists


def _give(entries: Sequence[Entry], to: list[Subscriber]) -> None:
    if entries:
        for one in to:
            one.take(list(entries))
