"""Whether database, Redis and the object store answer."""

from __future__ import annotations

import threading
import time

from broker_config.wire.errors import Unavailable
from tasks.broker import translated
from tasks.services import Services

REMEMBERED_S = 1.0


class Probe:
    """Asks database, Redis and store, once a second at most: anybody may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = -REMEMBERED_S
        self._error: Unavailable | None = None

    def check(self, asked: Services) -> None:
        """Raise ``Unavailable`` with what does not answer, and what to do about it."""
        with self._lock:
            if time.monotonic() - self._at >= REMEMBERED_S:
                self._error = _first_error(asked)
                self._at = time.monotonic()
            if self._error is not None:
                raise Unavailable(self._error.message)


def _first_error(asked: Services) -> Unavailable | None:
    try:
        asked.ledger.ping()
        _check_redis(asked)
        asked.store.probe()
    except Unavailable as error:
        return error
    return None


def _check_redis(asked: Services) -> None:
    with translated():
        policy = asked.redis.info("memory").get("maxmemory_policy")
    if policy != "noeviction":
        raise Unavailable(
            f"Redis evicts ({policy}): it would lose queued work; set maxmemory-policy noeviction"
        )
