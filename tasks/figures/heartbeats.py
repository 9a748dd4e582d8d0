"""Kernels' newest heartbeats, which hold their memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.codec import decode
from broker_config.wire.errors import BadMessage
from broker_config.wire.events import FIELD, Pulse
from tasks.broker import undecoded

FRESH_S = 15.0
"""An older one says nothing about now."""

log = logging.getLogger(__name__)


def newest_pulses(client: redis.Redis, uids: Sequence[str], fresh_s: float = FRESH_S) -> dict[str, Pulse]:
    """The newest pulse of each kernel that has a fresh one; none at all while Redis is away."""
    if not uids:
        return {}
    pipe: Any = client.pipeline(transaction=False)
    for uid in uids:
        undecoded(pipe, "XREVRANGE", keys.pulse(uid), "+", "-", "COUNT", 1)
    try:
        answers = pipe.execute()
    except redis.RedisError as error:
        log.warning("kernels are shown without memory: Redis is away (%s)", type(error).__name__)
        return {}
    found: dict[str, Pulse] = {}
    for uid, entries in zip(uids, answers, strict=True):
        pulse = _read(entries[0][1]) if entries else None
        if pulse is not None and time.time() - pulse.at <= fresh_s:
            found[uid] = pulse
    return found


def _read(fields: Any) -> Pulse | None:
    flat = list(fields or ())
    there = fields if isinstance(fields, dict) else dict(zip(flat[0::2], flat[1::2], strict=False))
    try:
        return decode(Pulse, there.get(FIELD.encode(), b""))
    except BadMessage:
        return None
