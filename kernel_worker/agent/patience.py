"""How long something is tried again: with back-off, until too long a time passed without success."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from broker_config.wire.errors import StorageFailed, Unavailable

T = TypeVar("T")

RETRY_S = 60.0
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0


class GivenUp(StorageFailed):
    """Nobody wants it any more."""


class Patience:
    """Of one undertaking of several steps, which may go side by side.

    Args:
        failure: a sentence about what does not succeed, for ``StorageFailed``.
        retry_s: seconds without a success after which it is given up.
        unwanted: asked before each try; True ends it with ``GivenUp``.
    """

    def __init__(
        self, failure: str, retry_s: float = RETRY_S, unwanted: Callable[[], bool] = lambda: False
    ) -> None:
        self._failure = failure
        self._retry_s = retry_s
        self._unwanted = unwanted
        self._lock = threading.Lock()
        self._since = time.monotonic()

    def check(self) -> None:
        """Raises ``GivenUp`` when it is not wanted any more."""
        if self._unwanted():
            raise GivenUp(f"{self._failure}: it is not wanted any more")

    def persist(self, step: Callable[[], T]) -> T:
        """Do a step until it succeeds.

        Raises:
            StorageFailed: not in time; or a step raised it, which is not tried again.
        """
        wait_s = FIRST_WAIT_S
        while True:
            self.check()
            began = time.monotonic()
            try:
                result = step()
            except (OSError, Unavailable) as error:
                now = time.monotonic()
                # Not another try that would be over when it takes as long as this one.
                if now + wait_s + (now - began) >= self._since + self._retry_s:
                    raise StorageFailed(
                        f"{self._failure} ({type(error).__name__}: {_short(error)})"
                    ) from None
            else:
                with self._lock:
                    self._since = time.monotonic()
                return result
            time.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)


def _short(error: Exception) -> str:
    # Messages of others hold addresses and keys of objects, and behind a "?" signatures.
    return str(error).split("?", 1)[0][:200]
