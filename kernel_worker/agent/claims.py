"""The claim key: first come, first served between this kernel and whoever cancels."""

from __future__ import annotations

import logging
import time

import redis

from broker_config import keys
from kernel_worker.agent.broker import AWAY

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0

log = logging.getLogger(__name__)


def take(client: redis.Redis, uid: str, execution_id: str, owner: str) -> bool:
    """``SET NX`` the claim for ``owner`` (a generation); False when somebody else has it.

    Waits for a Redis that is away. A claim that already carries our generation is ours: the reply of an
    earlier try was lost (the journal has turned away what was claimed before).
    """
    wait_s = FIRST_WAIT_S
    key = keys.claim(uid, execution_id)
    while True:
        try:
            old = client.set(key, owner, nx=True, ex=keys.CLAIM_TTL_S, get=True)
        except AWAY as error:
            log.warning("claim of %s waits for Redis (%s)", execution_id, type(error).__name__)
            time.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            continue
        return old is None or old == owner.encode()
