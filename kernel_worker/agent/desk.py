"""Questions to the desk: a ``request`` event, and its answer on a list of its own."""

from __future__ import annotations

import secrets
import time
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.codec import decode
from broker_config.wire.errors import BadMessage, StorageFailed, Unavailable
from broker_config.wire.events import FIELD, Event, Request, pack
from broker_config.wire.messages import DeskReply, SharedEntry, StoreCredentials
from kernel_worker.agent.broker import AWAY

ANSWER_S = 10.0
RENEW_BEFORE_S = 120.0


class Desk:
    """The desk as one process of the agent sees it; not for several threads at once."""

    def __init__(self, client: redis.Redis, uid: str) -> None:
        self._client = client
        self._uid = uid
        self._credentials: StoreCredentials | None = None

    def credentials(self) -> StoreCredentials:
        """The kernel's S3 credential, renewed two minutes before its end."""
        if self._credentials is None or self._credentials.expires_at - time.time() < RENEW_BEFORE_S:
            self._credentials = self._ask("credentials", {}).credentials
        if self._credentials is None:
            raise StorageFailed("the control plane gave no storage credential")
        return self._credentials

    def shared(self, prefix: str) -> list[SharedEntry]:
        """The shared files that the store has at or below ``prefix``."""
        return self._ask("shared", {"prefix": prefix}).shared or []

    def _ask(self, kind: str, args: dict[str, Any]) -> DeskReply:
        """Raises ``Unavailable`` without an answer in time, ``StorageFailed`` when it was refused."""
        request = secrets.token_hex(16)
        event = Event(None, 0, time.time(), Request(request, kind, args))
        try:
            self._client.xadd(keys.events(self._uid), {FIELD: pack(event)})
            # Below the socket's timeout, which ends a wait for a Redis that hangs.
            popped = self._client.blpop([keys.reply(self._uid, request)], ANSWER_S - 1)
        except AWAY as error:
            raise Unavailable(f"the broker is away ({type(error).__name__})") from None
        if popped is None:
            raise Unavailable(f"the control plane did not answer within {ANSWER_S:g} s")
        try:
            reply = decode(DeskReply, popped[1])
        except BadMessage as error:
            raise Unavailable(f"the control plane's answer could not be read: {error}") from None
        if reply.error is not None:
            raise StorageFailed(reply.error)
        return reply
