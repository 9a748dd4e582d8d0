"""One subscriber's bounded queue. Who reads too slowly is dropped, never waited for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from web.live.entries import Entry

MOST_BYTES = 8 * 1024 * 1024
MOST_ENTRIES = 5_000


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
        self._overflowed = False
        self._changed = threading.Condition()

    def put(self, entry: Entry) -> None:
        """Queue an entry; over the bound, everything is let go and the subscriber will be told."""
        with self._changed:
            if self._overflowed:
                return
            if self._bytes + entry.size > MOST_BYTES or len(self._entries) >= MOST_ENTRIES:
                self._overflowed = True
                self._entries.clear()
            else:
                self._entries.append(entry)
                self._bytes += entry.size
            self._changed.notify()

    def take(self, timeout_s: float) -> list[Entry]:
        """All that waits, after up to ``timeout_s`` seconds; empty when nothing came or it overflowed."""
        with self._changed:
            self._changed.wait_for(lambda: self._entries or self._overflowed, timeout_s)
            taken = list(self._entries)
            self._entries.clear()
            self._bytes = 0
        return taken

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
