"""How often somebody may try to log in: counted in Redis, by name and by address.

Names and addresses fall into a fixed number of buckets by a keyed hash, so that no flood of names
fills Redis, and nobody can choose whose bucket they fill.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from typing import cast

import redis
from werkzeug.exceptions import TooManyRequests

from broker_config import keys
from broker_config.settings import Settings

WINDOW_S = 900
MOST_BY_NAME = 10
MOST_BY_ADDRESS = 50
"""More than one person may sit behind an address."""
BUCKETS = 65_536
NETWORK_BITS = 64
"""Of an IPv6 address: who has one has all of them."""


class Limits:
    """Tries to log in. Redis away: nobody can log in, which is better than without a limit."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._key = settings.secret_key.get_secret_value().encode()

    def take(self, address: str | None, name: str | None = None) -> None:
        """Count one try.

        Raises:
            TooManyRequests: there were too many (HTTP 429, Retry-After).
            redis.RedisError: Redis is away.
        """
        for key, most in self._counters(address, name):
            pipe = self._redis.pipeline()
            pipe.incr(key)
            pipe.expire(key, WINDOW_S, nx=True)
            pipe.ttl(key)
            count, _, left_s = cast("tuple[int, bool, int]", tuple(pipe.execute()))
            if count > most:
                raise TooManyRequests("too many tries to log in: wait", retry_after=max(1, left_s))

    def forgive(self, address: str | None, name: str | None = None) -> None:
        """The last try succeeded: it does not count, nor do those before it on that name."""
        pipe = self._redis.pipeline()
        for key, most in self._counters(address, name):
            if most == MOST_BY_NAME:
                pipe.delete(key)
            else:
                pipe.decr(key)
                pipe.expire(key, WINDOW_S, nx=True)
        pipe.execute()

    def _counters(self, address: str | None, name: str | None) -> list[tuple[str, int]]:
        found = [(keys.login_tries("address", self._bucket(network(address))), MOST_BY_ADDRESS)]
        if name is not None:
            found.append((keys.login_tries("name", self._bucket(name.casefold())), MOST_BY_NAME))
        return found

    def _bucket(self, text: str) -> int:
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[:4]) % BUCKETS


def network(address: str | None) -> str:
    """What counts as one address: an IPv4 address, or the network of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if found.version == 4 or found.ipv4_mapped is not None:
        return str(found if found.version == 4 else found.ipv4_mapped)
    return str(ipaddress.ip_network((found, NETWORK_BITS), strict=False))
