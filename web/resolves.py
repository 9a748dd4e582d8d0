"""Requests that wait for packages to be resolved: each holds a thread for up to a minute, so they are few."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from broker_config.wire.errors import Unavailable

MOST_OF_ONE = 2


class Resolves:
    """Counts them; safe for threads. At most ``threads // 4`` at once."""

    def __init__(self, threads: int) -> None:
        self._most = max(1, threads // 4)
        self._of: Counter[int] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, user_id: int) -> Iterator[None]:
        """While a user's request waits.

        Raises:
            Unavailable: they have two already, or there are as many as may be.
        """
        with self._lock:
            if self._of[user_id] >= MOST_OF_ONE or self._of.total() >= self._most:
                raise Unavailable("other packages are being resolved now: try again in a moment")
            self._of[user_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._of[user_id] -= 1
                # Whoever asked once is not remembered for ever.
                self._of += Counter()
