"""The agent's Redis clients: every wait bounded, no retry of their own (a retried XADD is said twice)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
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


class Line:
    """One connection whose commands and replies are apart: the caller works while Redis does.

    For one thread at a time. Whatever fails closes it, and the next command connects again.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._connection = client.connection_pool.make_connection()
        self._unread = 0

    def send(self, commands: Sequence[Sequence[Any]]) -> None:
        """Send commands; raises ``AWAY``."""
        if self._unread:  # replies that nobody read belong to nobody
            self.close()
        self._connection.send_packed_command(self._connection.pack_commands(commands))
        self._unread = len(commands)

    def receive(self) -> list[Any]:
        """The replies to what was sent, as bytes; raises ``AWAY``, the first error of a command included."""
        replies: list[Any] = []
        failure: redis.ResponseError | None = None
        while self._unread:
            try:
                replies.append(self._connection.read_response())
            except redis.ResponseError as error:
                failure = failure or error
            except BaseException:
                self.close()
                raise
            self._unread -= 1
        if failure is not None:
            raise failure
        return replies

    def close(self) -> None:
        """Close the connection."""
        self._unread = 0
        self._connection.disconnect()
