"""One client's event stream: first what it missed, then what comes, until it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from broker_config.wire.errors import HuskError, Unavailable
from tasks.ledger.models import User
from web.live.channel import MOST_BYTES, Channel
from web.live.entries import Changed, Entry
from web.live.feed import Feed, Surroundings, next_piece
from web.live.frames import error_frame
from web.live.interest import Interest
from web.live.looks import Batch

MOST_ENTRIES = 5_000
AHEAD_BYTES = 256 * 1024
"""So much of what was missed is made before the client has read it."""
TOO_SLOW = "events came faster than they were read: connect again and resume"

log = logging.getLogger(__name__)


class Stream:
    """Fed by the reader's thread, looked after by the looks', sent by the writer's. Safe for threads.

    ``log_in`` says who reads it now, or raises; ``gone`` is called once when its connection is no more.
    """

    def __init__(
        self, interest: Interest, around: Surroundings, log_in: Callable[[], User], gone: Callable[[], None]
    ) -> None:
        self.interest = interest
        self._around = around
        self._log_in = log_in
        self._gone = gone
        self._feed: Feed | None = None
        self._channel: Channel | None = None
        self._past: Iterator[str] | None = None
        self._held: list[Entry] | None = []
        """What came while it tells what was missed; None: it is told at once."""
        self._held_bytes = 0
        self._changes: set[str] = set()
        self._ended = False
        self._failed: HuskError | None = None
        self._lock = threading.RLock()
        self._pumping = threading.Lock()

    def attach(self, feed: Feed, channel: Channel) -> None:
        """What it tells, and to whom. ``pump`` begins."""
        with self._lock:
            self._feed, self._channel, self._past = feed, channel, feed.past()
            if self._failed is not None:
                self.fail(self._failed)

    def pump(self) -> None:
        """Go on with what was missed. The client gets it while it reads; then what came meanwhile."""
        with self._pumping, self._failing():
            assert self._channel is not None
            while self._past is not None and self._channel.waiting < AHEAD_BYTES:
                text, self._past = next_piece(self._past)
                if self._ended:
                    self._past = None
                    return
                self._push(text)
                if self._past is None:
                    self._go_live()

    def take(self, entries: list[Entry]) -> None:
        """What the reader got."""
        with self._lock, self._failing():
            if self._ended:
                return
            changed = {entry.topic for entry in entries if isinstance(entry, Changed)}
            if changed:
                self._changes |= changed
                self._around.soon()
                entries = [entry for entry in entries if not isinstance(entry, Changed)]
            if self._held is None:
                self._tell(entries)
            else:
                self._hold(self._held, entries)

    @property
    def ended(self) -> bool:
        """Whether it tells nothing more."""
        return self._ended

    def kernels(self) -> frozenset[str]:
        """Those whose events it has."""
        return self.interest.kernels

    def changed(self) -> frozenset[str]:
        """Kernels and runs that changed, each told once; empty while it is not to be told yet."""
        with self._lock:
            if self._held is not None or self._ended or not self._changes:
                return frozenset()
            changes, self._changes = frozenset(self._changes), set()
            return changes

    def look(self, batch: Batch, changed: frozenset[str]) -> None:
        """Tell what changed."""
        with self._failing():
            assert self._feed is not None
            found = self._feed.look(batch, changed)
            with self._lock:
                if not self._ended:
                    self._told(self._feed.settle(found))
            self._look_again()

    def check(self, batch: Batch) -> Unavailable | None:
        """Look at the login again, and at what it may read; why that could not be done."""
        with self._failing():
            try:
                user = self._log_in()
                if self._feed is not None:
                    self._feed.check(user, batch)
            except Unavailable as error:
                return error
            self._look_again()
        return None

    def drained(self) -> None:
        """The client has read all that there was."""
        if self._past is not None:
            self._around.pump(self)

    def closed(self) -> None:
        """The connection is no more."""
        self._end()
        self._gone()

    def fail(self, error: HuskError) -> None:
        """End with an ``error`` event; its reader may connect again and resume."""
        self._failed = error
        self._end()
        if self._channel is not None:
            self._channel.drop(error_frame(error))

    def hurry(self) -> None:
        """Send what the client takes now: nobody will do it later."""
        if self._channel is not None:
            self._channel.flush()

    def _go_live(self) -> None:
        with self._lock:
            held, self._held, self._held_bytes = self._held or [], None, 0
            self._tell(held)
            if self._changes:
                self._around.soon()

    def _tell(self, entries: list[Entry]) -> None:
        assert self._feed is not None
        self._told(self._feed.live(entries) if entries else "")

    def _told(self, text: str) -> None:
        assert self._feed is not None
        assert self._channel is not None
        self._push(text)
        if self._feed.over:
            self._end()
            self._channel.finish()

    def _look_again(self) -> None:
        if self._feed is not None and self._feed.again_s is not None and not self._ended:
            with self._lock:
                self._changes |= self.interest.again
            self._around.soon(self._feed.again_s)

    def _push(self, text: str) -> None:
        assert self._channel is not None
        if text and not self._channel.push(text):
            raise Unavailable(TOO_SLOW)

    def _hold(self, held: list[Entry], entries: list[Entry]) -> None:
        self._held_bytes += sum(entry.size for entry in entries)
        held += entries
        if self._held_bytes > MOST_BYTES or len(held) > MOST_ENTRIES:
            held.clear()
            raise Unavailable(TOO_SLOW)

    def _end(self) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended, self._held = True, []
        self._around.stopped(self)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """What goes wrong ends this stream and nobody else's."""
        try:
            yield
        except HuskError as error:
            self.fail(error)
        except redis.RedisError:
            self.fail(Unavailable("Redis did not answer in time: connect again and resume"))
        except Exception:
            log.exception("an event stream failed")
            self.fail(Unavailable("a bug in Husk ended this stream: connect again and resume"))
