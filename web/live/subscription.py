"""One subscriber's bounded queue. Who reads too slowly is dropped, never waited for."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from broker_config import keys
from web.live.entries import Changed, Entry

MOST_BYTES = 8 * 1024 * 1024
MOST_ENTRIES = 5_000
CHANGES_AFTER_S = 1.5 * keys.WAKE_EVERY_MS / 1000
"""Word of a change waits: who writes to the ledger tells only the first of the changes of such a while."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscriber wants: kernels' events and pulses, and word of changes in the ledger."""

    kernels: frozenset[str]
    wakes: bool = False
    pulses: bool = True


class Subscription:
    """Filled by the reader's thread, emptied by a request's."""

    def __init__(self, interest: Interest, closing: Callable[[Subscription], None]) -> None:
        self.interest = interest
        self._closing = closing
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._changes: dict[str, None] = {}
        self._changes_at = float("inf")
        self._overflowed = False
        self._changed = threading.Condition()

    def put(self, entry: Entry) -> None:
        """Queue an entry; over the bound, everything is let go and the subscriber will be told.

        Whoever waits is woken by ``wake``, once for all that came together.
        """
        with self._changed:
            if self._overflowed:
                return
            if isinstance(entry, Changed):
                self._put_change(entry.uid)
                return
            if self._bytes + entry.size > MOST_BYTES or len(self._entries) >= MOST_ENTRIES:
                self._overflowed = True
                self._entries.clear()
            else:
                self._entries.append(entry)
                self._bytes += entry.size

    def wake(self) -> None:
        """Let the one who waits take what was put."""
        with self._changed:
            self._changed.notify()

    def take(self, timeout_s: float) -> list[Entry]:
        """All that waits, after up to ``timeout_s`` seconds; empty when nothing came or it overflowed."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not (self._entries or self._overflowed):
                left = min(deadline, self._changes_at) - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            taken = list(self._entries)
            self._entries.clear()
            self._bytes = 0
            if time.monotonic() >= self._changes_at:
                taken += map(Changed, self._changes)
                self._changes, self._changes_at = {}, float("inf")
        return taken

    def _put_change(self, uid: str) -> None:
        if not self._changes:
            self._changes_at = time.monotonic() + CHANGES_AFTER_S
            self._changed.notify()
        self._changes[uid] = None

    @property
    def overflowed(self) -> bool:
        """Whether entries were lost here because nobody took them."""
        return self._overflowed

    def close(self) -> None:
        """Stop being filled."""
        self._closing(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
