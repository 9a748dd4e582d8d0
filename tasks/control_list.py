"""Messages to a kernel's agent, on its control list."""

from __future__ import annotations

from typing import Any

import redis

from broker_config import keys
from broker_config.wire.codec import encode_tagged
from tasks.broker import translated


def check(client: redis.Redis) -> None:
    """Return when Redis answers.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        client.ping()


def tell(client: redis.Redis, uid: str, message: Any) -> None:
    """Push one message of ``wire.messages.CONTROL``.

    Raises:
        Unavailable: Redis is away.
    """
    with translated():
        client.rpush(keys.ctl(uid), encode_tagged(message))
