"""The stream by which pages learn that something about a kernel or a run changed in the ledger.

``publishing`` writes it too, within its script.
"""

from __future__ import annotations

import logging
from typing import Any

import redis

from broker_config import keys

log = logging.getLogger(__name__)


def wake(client: Any, uid: str) -> None:
    """Tell of a kernel, by a client or a pipeline. Redis's errors pass."""
    client.xadd(keys.WAKE, {"kernel": uid}, maxlen=keys.WAKE_MAX_ENTRIES, approximate=True)


def wake_run_pages(client: redis.Redis, run_id: str, owner_id: int) -> None:
    """Tell of a run, after the commit of its change; never raises.

    Every change is told: a look at a run commits once, and who begins to follow it misses none.
    """
    told: Any = {"run": run_id, "owner": owner_id}
    try:
        client.xadd(keys.WAKE, told, maxlen=keys.WAKE_MAX_ENTRIES, approximate=True)
    except redis.RedisError as error:
        # A page that missed it looks again by itself; the run goes on whoever looks.
        log.warning("pages are not told of run %s: Redis is away (%s)", run_id, type(error).__name__)
