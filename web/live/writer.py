"""The process's one writer: sees which clients read, which have gone, and who needs a sign of life."""

from __future__ import annotations

import logging
import select
import threading
import time
from typing import Protocol

from web.live.channel import Channel

HEARTBEAT_S = 15.0
HEARTBEAT = ": alive\n\n"
TICK_S = 1.0

log = logging.getLogger(__name__)


class Owner(Protocol):
    """Whose channel it is; called by the writer's thread, so nothing here may take long."""

    def drained(self) -> None:
        """All that waited for the client was sent."""

    def closed(self) -> None:
        """The connection is no more."""


class Writer:
    """Started by its first channel; runs as long as the process. Safe for threads."""

    def __init__(self) -> None:
        self._channels: dict[int, tuple[Channel, Owner]] = {}
        self._epoll: select.epoll | None = None
        self._lock = threading.Lock()
        self._over = False

    def add(self, channel: Channel, owner: Owner) -> None:
        """Look after a channel until its end."""
        number = channel.fileno()
        with self._lock:
            epoll = self._start()
            self._channels[number] = (channel, owner)

        def watch(writing: bool) -> None:
            epoll.modify(number, select.EPOLLIN | (select.EPOLLOUT if writing else 0))

        try:
            epoll.register(number, select.EPOLLIN)
        except OSError:
            with self._lock:
                del self._channels[number]
            raise
        channel.watched_by(watch)

    def close(self) -> None:
        """Let the thread end, soon; for tests, since a process's own ends with it."""
        self._over = True

    def _start(self) -> select.epoll:
        # Not before it is needed: a server forks first.
        if self._epoll is None:
            self._epoll = select.epoll()
            threading.Thread(target=self._run, args=(self._epoll,), name="live-writer", daemon=True).start()
        return self._epoll

    def _run(self, epoll: select.epoll) -> None:
        tick_at = 0.0
        while not self._over:
            try:
                for number, mask in epoll.poll(TICK_S):
                    self._event(number, mask)
                if time.monotonic() >= tick_at:
                    tick_at = time.monotonic() + TICK_S
                    self._tick()
            except Exception:  # whatever it was, every open page hangs on this thread
                log.exception("writing live streams failed")
        for number in list(self._channels):
            self._bury(number)
        epoll.close()

    def _event(self, number: int, mask: int) -> None:
        found = self._channels.get(number)
        if found is None:
            return
        channel, owner = found
        if mask & (select.EPOLLERR | select.EPOLLHUP) or (mask & select.EPOLLIN and not channel.hears()):
            self._bury(number)
        elif mask & select.EPOLLOUT and channel.flush():
            if channel.ends_at is not None:
                self._bury(number)
            else:
                owner.drained()

    def _tick(self) -> None:
        now = time.monotonic()
        with self._lock:
            channels = list(self._channels.items())
        for number, (channel, _) in channels:
            if channel.ends_at is not None and now >= channel.ends_at:
                self._bury(number)
            elif now - channel.pushed_at >= HEARTBEAT_S:
                channel.push(HEARTBEAT)

    def _bury(self, number: int) -> None:
        # Out of the table before its number can be another's.
        with self._lock:
            channel, owner = self._channels.pop(number)
        channel.close()
        owner.closed()
