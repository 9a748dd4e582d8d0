"""Kernels' newest heartbeats."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import redis

from broker_config import keys
from broker_config.wire.events import Pulse
from web.live.entries import read_pulse

FRESH_S = 15.0
"""An older pulse says nothing about now."""

log = logging.getLogger(__name__)


def newest_pulses(client: redis.Redis, uids: Sequence[str]) -> dict[str, Pulse]:
    """The newest pulse of each kernel that has a fresh one; none at all while Redis is away."""
    if not uids:
        return {}
    pipe = client.pipeline(transaction=False)
    for uid in uids:
        pipe.xrevrange(keys.pulse(uid), count=1)
    try:
        answers = pipe.execute()
    except redis.RedisError as error:
        log.warning("kernels are shown without memory: Redis is away (%s)", type(error).__name__)
        return {}
    found: dict[str, Pulse] = {}
    for uid, entries in zip(uids, answers, strict=True):
        beat = read_pulse(uid, entries[0][1]) if entries else None
        if beat is not None and time.time() - beat.pulse.at <= FRESH_S:
            found[uid] = beat.pulse
    return found
