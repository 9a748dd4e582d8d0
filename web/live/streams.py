"""All event streams of the process, and the threads that they share. No stream holds one of its own."""

from __future__ import annotations

import atexit
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from broker_config.wire.errors import Unavailable
from tasks.ledger.models import User
from web.live.budget import Budget
from web.live.channel import Channel
from web.live.entries import StreamId
from web.live.feed import Feed
from web.live.interest import Interest
from web.live.looks import CHANGES_AFTER_S, Looks
from web.live.reader import Reader
from web.live.slots import Slots
from web.live.stream import Stream
from web.live.writer import Writer

PUMPS = 2
"""Threads that make what slow clients missed."""

Tips = dict[str, StreamId]


class Opened:
    """A stream that has its place and is followed, but no connection yet: ``begin`` or ``close`` it."""

    def __init__(self, begin: Callable[[socket.socket, bool], None], held: ExitStack) -> None:
        self._begin = begin
        self._held = held

    def begin(self, connection: socket.socket, chunked: bool) -> None:
        """Give it its connection, on which an answer was begun. From now on it ends by itself."""
        self._begin(connection, chunked)
        self._held.pop_all()

    def close(self) -> None:
        """Give its place back, if it never began."""
        self._held.close()


class Streams:
    """Opens streams; its threads begin with the first. Safe for threads."""

    def __init__(self, reader: Reader, slots: Slots) -> None:
        self._reader = reader
        self._slots = slots
        self._writer = Writer()
        self._looks = Looks()
        self._budget = Budget()
        self._pumps = ThreadPoolExecutor(PUMPS, "live-pumps")
        self._open: set[Stream] = set()
        self._lock = threading.Lock()
        self._says_goodbye = False

    def open(
        self, user_id: int, interest: Interest, make: Callable[[Tips], Feed], log_in: Callable[[], User]
    ) -> Opened:
        """Open a stream. ``make`` gets each kernel's last id of ``out``: what is older is history.

        Raises:
            TooManyRequests, Unavailable: see ``Slots.take``.
            redis.RedisError: Redis is away.
        """
        with ExitStack() as held:
            self._slots.take(user_id)
            held.callback(self._slots.give, user_id)
            stream = Stream(interest, self, log_in, lambda: self._slots.give(user_id))
            tips = self._reader.subscribe(stream)
            held.callback(self._reader.unsubscribe, stream)
            feed = make(tips)

            def begin(connection: socket.socket, chunked: bool) -> None:
                channel = Channel(connection, chunked, self._budget.share(user_id))
                stream.attach(feed, channel)
                self._note(stream)
                self._looks.add(stream)
                if stream.ended:  # before it was noted: nobody else would take it out again
                    self.stopped(stream)
                try:
                    self._writer.add(channel, stream)
                except OSError:
                    self.stopped(stream)
                    channel.close()
                    raise
                stream.pump()

            return Opened(begin, held.pop_all())

    def stopped(self, stream: Stream) -> None:
        """It tells nothing more."""
        self._reader.unsubscribe(stream)
        self._looks.remove(stream)
        with self._lock:
            self._open.discard(stream)

    def pump(self, stream: Stream) -> None:
        """Let it go on with what was missed, in another thread."""
        self._pumps.submit(stream.pump)

    def soon(self, after_s: float | None = None) -> None:
        """A stream has changes to tell."""
        self._looks.soon(CHANGES_AFTER_S if after_s is None else after_s)

    def end_all(self) -> None:
        """Tell every client to connect again: this process ends."""
        with self._lock:
            streams = list(self._open)
        for stream in streams:
            stream.fail(Unavailable("the server stops: connect again and resume"))
            stream.hurry()

    def close(self) -> None:
        """End all streams and threads; for tests, since a process's own end with it."""
        self.end_all()
        self._reader.close()
        self._writer.close()
        self._looks.close()
        self._pumps.shutdown(wait=False)

    def _note(self, stream: Stream) -> None:
        with self._lock:
            self._open.add(stream)
            if not self._says_goodbye:
                self._says_goodbye = True
                atexit.register(self.end_all)
