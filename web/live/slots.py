"""How many streams there may be, in all and of one user."""

from __future__ import annotations

import threading
from collections import Counter

from werkzeug.exceptions import TooManyRequests

from broker_config.wire.errors import Unavailable

MOST_OF_ONE = 64
"""A page keeps one; who has more windows than that is a program."""


class Slots:
    """Counts open streams, in all and by user; safe for threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.most_of_one = max(1, min(MOST_OF_ONE, most // 2))
        self._open: Counter[int] = Counter()
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        """Streams at the moment."""
        return self._open.total()

    def take(self, user_id: int) -> None:
        """Count one more stream of a user.

        Raises:
            TooManyRequests: the user has too many (HTTP 429).
            Unavailable: all have too many together (HTTP 503).
        """
        with self._lock:
            if self._open[user_id] >= self.most_of_one:
                raise TooManyRequests(
                    f"you have {self.most_of_one} streams open: close one, or put topics together"
                )
            if self._open.total() >= self.most:
                raise Unavailable("too many streams are open: try again, or raise HUSK_WEB_STREAMS")
            self._open[user_id] += 1

    def give(self, user_id: int) -> None:
        """A stream of a user has ended."""
        with self._lock:
            self._open[user_id] -= 1
            if self._open[user_id] <= 0:
                del self._open[user_id]
