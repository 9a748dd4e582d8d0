"""The stream by which pages learn that something about a kernel or a run changed in the ledger.

``publishing`` writes it too, within its script.
"""

from __future__ import annotations

import logging
from typing import Any

import redis

from broker_config import keys

# In one step: a change that is not told because of another one is seen by who looks after that one.
# KEYS: wake, woken. ARGV: the run, its owner, the cap of `wake`, milliseconds for `woken`.
_WAKE_RUN = """
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[4]) then
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'run', ARGV[1], 'owner', ARGV[2])
end
return 'ok'
"""

log = logging.getLogger(__name__)


def wake(client: Any, uid: str) -> None:
    """Tell of a kernel, by a client or a pipeline. Redis's errors pass."""
    client.xadd(keys.WAKE, {"kernel": uid}, maxlen=keys.WAKE_MAX_ENTRIES, approximate=True)


def wake_run_pages(client: redis.Redis, run_id: str, owner_id: int) -> None:
    """Tell of a run, after the commit of its change; never raises.

    Of several changes within ``keys.WAKE_EVERY_MS`` the first is told: pages look a little later than that.
    """
    try:
        client.eval(
            _WAKE_RUN,
            2,
            keys.WAKE,
            keys.run_woken(run_id),
            run_id,
            str(owner_id),
            str(keys.WAKE_MAX_ENTRIES),
            str(keys.WAKE_EVERY_MS),
        )
    except redis.RedisError as error:
        # A page that missed it looks again by itself; the run goes on whoever looks.
        log.warning("pages are not told of run %s: Redis is away (%s)", run_id, type(error).__name__)
