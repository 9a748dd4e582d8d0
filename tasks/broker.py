"""Clients of Redis with bounds; its errors become Husk's own, and what kernels may write comes as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import ExponentialBackoff
from redis.client import NEVER_DECODE
from redis.retry import Retry

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable

SOCKET_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 3.0
AWAY = (redis.RedisError, OSError)


def make_redis(url: str) -> redis.Redis:
    """A Redis client with timeouts and one quick retry; answers are text."""
    return redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_keepalive=True,
        health_check_interval=25,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 1),
        decode_responses=True,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Translate what leaves the block.

    Raises:
        Unavailable: Redis is away, full, loading, or did not answer in time.
    """
    try:
        yield
    except AWAY as error:
        raise Unavailable(f"the broker does not answer ({type(error).__name__}); try again") from error


def undecoded(client: redis.Redis, *command: Any) -> Any:
    """The answer of one command with its bulk strings as bytes: a kernel may write any."""
    return client.execute_command(*command, **{NEVER_DECODE: True})


def make_raw_redis(settings: Settings) -> redis.Redis:
    """A client whose answers are bytes, for what kernels wrote. No retry: a reader's turn is its retry."""
    return redis.Redis.from_url(
        settings.embedded_redis_url,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_keepalive=True,
        health_check_interval=25,
        decode_responses=False,
    )
