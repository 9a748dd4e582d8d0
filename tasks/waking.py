"""The stream by which pages learn that something about a kernel, a run or a list changed in the ledger.

``publishing`` writes it too, within its script.
"""

from __future__ import annotations

import logging
from typing import Any

import redis

from broker_config import keys
from tasks.ledger.news import News

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


def wake_lists(client: redis.Redis, news: News) -> None:
    """Tell whose lists changed, after the commit; never raises. A page that missed it asks later."""
    try:
        pipe = client.pipeline(transaction=False)
        for owner_id, things in sorted(news):
            told: Any = {"list": things, "owner": owner_id}
            pipe.xadd(keys.WAKE, told, maxlen=keys.WAKE_MAX_ENTRIES, approximate=True)
        pipe.execute()
    except redis.RedisError as error:
        log.warning("pages are not told of changed lists: Redis is away (%s)", type(error).__name__)
