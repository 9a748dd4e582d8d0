"""One at a time builds or removes an environment, over all lifecycle workers."""

from __future__ import annotations

import contextlib
import logging

import redis

from broker_config import keys
from broker_config.wire.errors import Unavailable
from tasks.broker import translated
from tasks.holders import is_dead, new_holder, release, renew

RENEW_S = keys.ENVIRONMENT_LOCK_MS / 4000

log = logging.getLogger(__name__)


class EnvironmentFlight:
    """The lock of one environment, short and renewed by who holds it. Not held yet when it is made."""

    def __init__(self, client: redis.Redis, runtime: str, digest: str) -> None:
        self._client = client
        self._key = keys.environment_lock(runtime, digest)
        self._owner = new_holder()
        self._held = False

    def take(self, alone: bool) -> bool:
        """Whether it is ours now. ``alone``: what to say when Redis is away, and nobody can be asked."""
        try:
            with translated():
                took = self._client.set(
                    self._key, self._owner, nx=True, px=keys.ENVIRONMENT_LOCK_MS, get=True
                )
                if took is None:
                    self._held = True
                    return True
                if is_dead(str(took)):
                    # Its holder was killed: the next try gets it.
                    release(self._client, [self._key], str(took))
        except Unavailable:
            log.warning("no lock of an environment, Redis is away")
            return alone
        return False

    def taken(self) -> bool:
        """Whether somebody who lives, as far as is known, holds it. Raises ``Unavailable``."""
        with translated():
            holder = self._client.get(self._key)
        return holder is not None and not is_dead(str(holder))

    def renew(self) -> None:
        """Keep it."""
        if self._held:
            with contextlib.suppress(Unavailable), translated():
                renew(self._client, [self._key], self._owner, keys.ENVIRONMENT_LOCK_MS)

    def let_go(self) -> None:
        """Give it back, if it is ours."""
        if self._held:
            self._held = False
            with contextlib.suppress(Unavailable), translated():
                release(self._client, [self._key], self._owner)
