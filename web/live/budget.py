"""What may wait in all channels together, so that one user's unread streams cost nobody else theirs."""

from __future__ import annotations

import threading
from collections import Counter

MOST_OF_ALL = 256 * 1024 * 1024
"""What may wait for all clients together, before it is looked at who has most."""
MOST_OF_ONE = MOST_OF_ALL // 4
"""What may wait for all clients of one user."""


class Budget:
    """Bytes that wait in all channels, by user; safe for threads.

    Once they are more than ``MOST_OF_ALL``, users who have more than an equal share of it are refused, the
    others are not: together it stays below twice that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Counter[int] = Counter()

    @property
    def used(self) -> int:
        """Bytes of all users."""
        with self._lock:
            return self._of.total()

    def share(self, user_id: int) -> Share:
        """What one user's channels take from."""
        return Share(self, user_id)

    def take(self, user_id: int, size: int) -> bool:
        """Count these; whether that is within the bounds."""
        with self._lock:
            self._of[user_id] += size
            mine = self._of[user_id]
            fair = mine <= MOST_OF_ALL // len(self._of)
            return mine <= MOST_OF_ONE and (fair or self._of.total() <= MOST_OF_ALL)

    def give(self, user_id: int, size: int) -> None:
        """They wait no more."""
        with self._lock:
            self._of[user_id] -= size
            if self._of[user_id] <= 0:
                del self._of[user_id]


class Share:
    """A user's door to the budget."""

    def __init__(self, budget: Budget, user_id: int) -> None:
        self._budget = budget
        self._user_id = user_id

    def take(self, size: int) -> bool:
        """Count these; whether that is within the bounds."""
        return self._budget.take(self._user_id, size)

    def give(self, size: int) -> None:
        """They wait no more."""
        self._budget.give(self._user_id, size)
