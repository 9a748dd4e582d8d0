"""Questions to the desk: a ``request`` event, and its answer on a list of its own."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.codec import decode, plain
from broker_config.wire.errors import BadMessage, StorageFailed, Unavailable
from broker_config.wire.events import FIELD, Event, Request, pack
from broker_config.wire.messages import DeskReply, SharedEntry, StoreCredentials
from kernel_worker.agent.broker import AWAY
from kernel_worker.agent.refusals import AWAY as STORAGE_AWAY
from kernel_worker.agent.refusals import Refused

ANSWER_S = 10.0
RENEW_BEFORE_S = 120.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """A question that is asked before its answer is needed: its Redis command, and when (monotonic)."""

    request: str
    command: tuple[str, ...]
    at: float


class Desk:
    """The desk as the agent's threads see it."""

    def __init__(self, client: redis.Redis, uid: str) -> None:
        self._client = client
        self._uid = uid
        self._lock = threading.Lock()
        self._credentials: StoreCredentials | None = None

    def credentials(self) -> StoreCredentials:
        """The kernel's S3 credential, renewed two minutes before its end."""
        with self._lock:
            held = self._credentials
            if held is None or held.expires_at - time.time() < RENEW_BEFORE_S:
                held = self._question("credentials", {}).credentials
            if held is None:
                raise StorageFailed("the control plane gave no storage credential")
            self._credentials = held
            return held

    def forget(self, refused: StoreCredentials) -> None:
        """The store did not take this credential: another one is asked for."""
        with self._lock:
            if self._credentials is refused:
                self._credentials = None

    def shared(self, prefix: str) -> list[SharedEntry]:
        """The shared files that the store has at or below ``prefix``."""
        return self._question("shared", {"prefix": prefix}).shared or []

    def ask(self, request: Any) -> dict[str, Any]:
        """The answer to one of ``wire.flows.REQUESTS``.

        Raises:
            Refused: with the type and words that user code gets.
            Unavailable: no answer in time; whether it was done is not known.
        """
        return _data(self._question(request.KIND, plain(request)))

    def ahead(self, request: Any) -> Ahead:
        """A question that somebody else sends, together with something of his own; see ``answer_to``."""
        return self._written(request.KIND, plain(request))

    def answer_to(self, ahead: Ahead) -> dict[str, Any]:
        """The answer to a question that was sent. Raises as ``ask``."""
        return _data(self._answer(ahead.request))

    def _written(self, kind: str, args: dict[str, Any]) -> Ahead:
        request = secrets.token_hex(16)
        event = Event(None, 0, time.time(), Request(request, kind, args))
        return Ahead(request, ("XADD", keys.requests(self._uid), "*", FIELD, pack(event)), time.monotonic())

    def _question(self, kind: str, args: dict[str, Any]) -> DeskReply:
        """Raises ``Unavailable`` without an answer in time, ``StorageFailed`` when it was refused."""
        asked = self._written(kind, args)
        try:
            self._client.execute_command(*asked.command)
        except AWAY as error:
            raise Unavailable(f"the broker is away ({type(error).__name__})") from None
        return self._answer(asked.request)

    def _answer(self, request: str) -> DeskReply:
        try:
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
        if reply.refusal is not None and reply.refusal.type == STORAGE_AWAY:
            raise Unavailable(reply.refusal.message)
        if reply.error is not None:
            raise StorageFailed(reply.error)
        return reply


def _data(reply: DeskReply) -> dict[str, Any]:
    if reply.refusal is not None:
        raise Refused(reply.refusal.type, reply.refusal.message)
    if reply.data is None:
        raise StorageFailed("the control plane gave no answer to a question")
    return reply.data
