"""The process's one reader: XREAD on what is subscribed, fanned out to bounded queues."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, cast

import redis

from broker_config import keys
from broker_config.wire.events import Answer
from tasks.waking import wake
from web.live.entries import Changed, Entry, Fields, StreamId, parse_id, read_out, read_pulse
from web.live.subscription import Interest, Subscription

BLOCK_MS = 5_000
"""Below the socket's timeout."""
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
        self._positions: dict[str, str] = {}
        self._subscribers: list[Subscription] = []
        self._answers: dict[tuple[str, str], threading.Event] = {}
        self._answered: dict[tuple[str, str], Answer] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over = False

    def subscribe(self, interest: Interest) -> tuple[Subscription, dict[str, StreamId]]:
        """A subscription, and each kernel's last id of ``out`` when it began: what is older is history.

        Raises:
            redis.RedisError: Redis is away.
        """
        names = [*(keys.out(uid) for uid in sorted(interest.kernels)), keys.WAKE]
        if interest.pulses:
            names += [keys.pulse(uid) for uid in sorted(interest.kernels)]
        subscription = Subscription(interest, self._close)
        # First of all: what comes to a stream that others follow already is not missed. What comes twice,
        # by history and from here, is dropped by its id.
        with self._lock:
            self._subscribers.append(subscription)
        try:
            tips = dict(zip(names, self._tips(names), strict=True))
            with self._lock:
                for name, tip in tips.items():
                    self._positions.setdefault(name, tip)
                self._start()
            self._nudge()
        except BaseException:
            self._close(subscription)
            raise
        return subscription, {uid: parse_id(tips[keys.out(uid)]) for uid in interest.kernels}

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

    def _close(self, subscription: Subscription) -> None:
        with self._lock:
            if subscription in self._subscribers:
                self._subscribers.remove(subscription)
            wanted = {uid for other in self._subscribers for uid in other.interest.kernels}
            for uid in subscription.interest.kernels - wanted:
                self._positions.pop(keys.out(uid), None)
                self._positions.pop(keys.pulse(uid), None)

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
        answer = cast(
            "list[tuple[bytes, list[tuple[bytes, Fields]]]]",
            self._client.xread(cast(Any, positions), count=MOST_AT_ONCE, block=BLOCK_MS),
        )
        for name, entries in answer or []:
            self._take(name.decode(), entries)

    def _take(self, name: str, entries: list[tuple[bytes, Fields]]) -> None:
        with self._lock:
            if name not in self._positions:
                return
            self._positions[name] = entries[-1][0].decode()
            subscribers = list(self._subscribers)
        reached = [s for at, fields in entries for s in self._deliver(name, at, fields, subscribers)]
        for subscription in dict.fromkeys(reached):
            subscription.wake()

    def _deliver(self, name: str, at: bytes, fields: Fields, to: list[Subscription]) -> list[Subscription]:
        """Put one entry to those of ``to`` whom it concerns; them."""
        if name == keys.WAKE:
            uid = fields.get(b"kernel", b"").decode()
            if uid == NOBODY:
                return []
            return _fan(Changed(uid), [s for s in to if s.interest.wakes or uid in s.interest.kernels])
        _, uid, kind = name.split(":")
        entry: Any
        if kind == "pulse":
            entry = read_pulse(uid, fields)
            to = [s for s in to if s.interest.pulses]
        else:
            entry = read_out(uid, parse_id(at), fields)
        if isinstance(entry, Answer):
            self._resolve(uid, entry)
            return []
        if entry is None:
            return []
        return _fan(entry, [s for s in to if uid in s.interest.kernels])

    def _resolve(self, uid: str, answer: Answer) -> None:
        with self._lock:
            event = self._answers.get((uid, answer.request))
            if event is not None:
                self._answered[uid, answer.request] = answer
                event.set()


def _fan(entry: Entry, to: list[Subscription]) -> list[Subscription]:
    for subscription in to:
        subscription.put(entry)
    return to
