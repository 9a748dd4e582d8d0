"""When something that died may be started again."""

from __future__ import annotations

import time

QUICK_S = 5.0
FIRST_S = 0.1
LONGEST_S = 10.0


class Backoff:
    """A first start, and one after a long life, is at once; quick repeated deaths wait ever longer."""

    def __init__(self) -> None:
        self._quick_deaths = 0
        self._at = 0.0
        self._born = 0.0

    def started(self) -> None:
        """It was started now."""
        self._born = time.monotonic()

    def lived_s(self) -> float:
        """Seconds since ``started``."""
        return time.monotonic() - self._born

    def ended(self, lived_s: float) -> None:
        """It died after so long."""
        self._quick_deaths = self._quick_deaths + 1 if lived_s < QUICK_S else 0
        # One quick death is a user's os._exit: only the second in a row waits.
        wait = FIRST_S * 2 ** min(self._quick_deaths - 2, 10) if self._quick_deaths > 1 else 0.0
        self._at = time.monotonic() + min(wait, LONGEST_S)

    def in_a_row(self) -> int:
        """How many quick deaths there were since the last long life."""
        return self._quick_deaths

    def wait_s(self) -> float:
        """Seconds until it is due."""
        return max(0.0, self._at - time.monotonic())

    def due(self) -> bool:
        """Whether it may be started now."""
        return self.wait_s() == 0.0
