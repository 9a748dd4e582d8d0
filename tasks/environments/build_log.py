"""What building an environment says, line by line, where pages find it."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable

import redis

from broker_config import keys
from tasks import waking
from tasks.broker import translated

LONGEST_LINE = 2_000
WAKE_S = 0.25
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
_LOGIN = re.compile(r"://[^/@\s]+@")


def cleaned(line: str) -> str:
    """Without control characters and logins at an index, and not too long."""
    return _LOGIN.sub("://", _CONTROL.sub("", line[:LONGEST_LINE])).rstrip()


class BuildLog:
    """Best effort: a Redis that is away keeps nobody from building."""

    def __init__(self, client: redis.Redis, digest: str) -> None:
        self._client = client
        self._key = keys.environment_log(digest)
        self._woke = float("-inf")

    def begin(self) -> None:
        """Forget what an earlier build said."""
        with contextlib.suppress(redis.RedisError, OSError):
            self._client.delete(self._key)

    def add(self, line: str, uids: Iterable[str]) -> None:
        """A line; pages that show one of these kernels are told, not more often than ``WAKE_S``."""
        text = cleaned(line)
        if not text:
            return
        with contextlib.suppress(redis.RedisError, OSError):
            pipe = self._client.pipeline(transaction=True)
            pipe.rpush(self._key, text)
            pipe.ltrim(self._key, -keys.ENVIRONMENT_LOG_MAX, -1)
            pipe.expire(self._key, keys.ENVIRONMENT_LOG_TTL_S)
            if time.monotonic() - self._woke > WAKE_S:
                self._woke = time.monotonic()
                for uid in uids:
                    waking.wake(pipe, uid)
            pipe.execute()


def lines(client: redis.Redis, digest: str) -> list[str]:
    """What it said so far, or said last. Raises ``Unavailable``."""
    with translated():
        return [str(line) for line in client.lrange(keys.environment_log(digest), 0, -1)]
