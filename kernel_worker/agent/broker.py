"""The agent's Redis clients: every wait bounded, no retry of their own (a retried XADD is said twice)."""

from __future__ import annotations

from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from broker_config.queues import KERNEL_TRANSPORT_OPTIONS
from broker_config.wire.messages import BrokerAddress

AWAY = (redis.RedisError, OSError)
"""What a Redis raises that is away, full, loading, or does not know this kernel (yet)."""


def url(address: BrokerAddress) -> str:
    """The broker URL for Celery; holds the password."""
    user, password = quote(address.username, safe=""), quote(address.password, safe="")
    return f"redis://{user}:{password}@{address.host}:{address.port}/0"


def connect(address: BrokerAddress) -> redis.Redis:
    """A client; connects when first used."""
    return redis.Redis(
        host=address.host,
        port=address.port,
        username=address.username,
        password=address.password,
        socket_timeout=float(str(KERNEL_TRANSPORT_OPTIONS["socket_timeout"])),
        socket_connect_timeout=float(str(KERNEL_TRANSPORT_OPTIONS["socket_connect_timeout"])),
        socket_keepalive=True,
        health_check_interval=25,
        retry=Retry(NoBackoff(), 0),
        # CLIENT SETINFO is unknown to Redis 7.0, and not among a kernel's rights.
        driver_info=None,
    )
