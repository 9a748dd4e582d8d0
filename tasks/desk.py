"""The desk: answers what kernels ask, on a list of the request's own. ``python -m tasks desk``."""

from __future__ import annotations

import logging
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.codec import encode
from broker_config.wire.errors import HuskError, NotFound, Unavailable
from broker_config.wire.events import Request
from broker_config.wire.flows import Refusal
from broker_config.wire.messages import DeskReply, SharedEntry, StoreCredentials
from tasks import shared_files
from tasks.broker import AWAY, make_raw_redis, translated
from tasks.desk_addresses import gateway_of
from tasks.flow_desk import WAITS_FOR_STORE, FlowDesk
from tasks.ledger import kernels
from tasks.ledger.models import Kernel
from tasks.objects.credentials import kernel_credentials
from tasks.recording.checking import checked
from tasks.recording.consumer import Consumer, Entry, acknowledge
from tasks.recording.pace import Pace
from tasks.recording.sources import REQUESTS
from tasks.services import Services
from tasks.serving import serve

REQUEST = re.compile(r"[0-9a-zA-Z_-]{8,64}", re.ASCII)
THREADS = 8
MOST_OF_ONE_KERNEL = 20
"""Requests of one kernel that are answered at a time; what is over is refused."""
STALE_S = 30.0
"""Nobody waits for an answer that long."""
REUSED_UNTIL_S = 600.0

log = logging.getLogger(__name__)


class Desk:
    """Answers requests in threads. ``client`` answers bytes."""

    def __init__(self, services: Services, client: redis.Redis) -> None:
        self._services = services
        self._client = client
        self._pool = ThreadPoolExecutor(THREADS, "desk")
        self._waiting = ThreadPoolExecutor(THREADS, "desk-store")
        self._lock = threading.Lock()
        self._in_hand: dict[str, set[str]] = {}
        self._credentials: dict[str, StoreCredentials] = {}
        self._flows = FlowDesk(services)

    def run(self, stopped: threading.Event) -> None:
        """Answer until ``stopped``."""
        consumer = Consumer(self._client, self._services.ledger, REQUESTS, Pace())
        consumer.run(self.take, stopped)
        for pool in (self._pool, self._waiting):
            pool.shutdown(wait=False, cancel_futures=True)
        self._flows.close()

    def take(self, entries: list[Entry]) -> None:
        """Begin to answer the requests among these; the rest is removed.

        Raises:
            Unavailable: Redis is away.
        """
        others = []
        for entry in entries:
            request = _request_of(entry)
            if request is None or _is_stale(entry):
                others.append(entry)
            elif self._hold(entry):
                pool = self._waiting if request.kind in {*WAITS_FOR_STORE, "credentials"} else self._pool
                pool.submit(self._serve, entry, request)
        if others:
            with translated():
                self._remove(others)

    def _hold(self, entry: Entry) -> bool:
        """False when it is in hand already: it was read again."""
        with self._lock:
            held = self._in_hand.setdefault(entry.uid, set())
            if entry.entry_id in held:
                return False
            held.add(entry.entry_id)
            return True

    def _serve(self, entry: Entry, request: Request) -> None:
        try:
            reply = encode(self._answer(entry.uid, request))
            key = keys.reply(entry.uid, request.request)
            pipe = self._client.pipeline(transaction=True)
            pipe.rpush(key, reply)
            pipe.expire(key, keys.REPLY_TTL_S)
            remove(pipe, [entry])
            pipe.execute()
        except AWAY as error:
            log.warning("kernel %s: an answer was not sent (%s)", entry.uid, type(error).__name__)
        except Exception:
            log.exception("kernel %s: a %s request was not answered", entry.uid, request.kind)
        finally:
            with self._lock:
                held = self._in_hand[entry.uid]
                held.discard(entry.entry_id)
                if not held:
                    del self._in_hand[entry.uid]

    def _answer(self, uid: str, request: Request) -> DeskReply:
        try:
            if len(self._in_hand.get(uid, ())) > MOST_OF_ONE_KERNEL:
                raise Unavailable("this kernel asks too much at a time")
            if self._flows.knows(request.kind):
                return self._of_flows(uid, request)
            if request.kind == "credentials":
                return DeskReply(request.request, credentials=self._credentials_of(uid))
            if request.kind == "shared":
                return DeskReply(request.request, shared=self._shared(uid, request.args.get("prefix")))
        except Unavailable as error:  # the same question may be answered later
            later = Refusal("StorageUnavailable", error.message)
            return DeskReply(request.request, error=error.message, refusal=later)
        except HuskError as error:
            return DeskReply(request.request, error=error.message)
        return DeskReply(request.request, error="the desk does not know this kind of request")

    def _of_flows(self, uid: str, request: Request) -> DeskReply:
        answer = self._flows.answer(uid, request.kind, request.args)
        if isinstance(answer, Refusal):
            return DeskReply(request.request, refusal=answer)
        return DeskReply(request.request, data=answer)

    def _credentials_of(self, uid: str) -> StoreCredentials:
        """A credential with at least ten minutes left: a kernel that asks all the time gets the same."""
        settings, gateway = self._services.settings, gateway_of(self._kernel(uid))
        held = self._credentials.get(uid)
        if held is not None and held.endpoint != settings.kernel_endpoint(gateway):
            held = None
        if held is None or held.expires_at - time.time() < REUSED_UNTIL_S:
            now = time.time()
            held = kernel_credentials(settings, uid, gateway=gateway)
            living = {one: kept for one, kept in self._credentials.items() if kept.expires_at > now}
            self._credentials = {**living, uid: held}
        return held

    def _shared(self, uid: str, prefix: object) -> list[SharedEntry]:
        kernel = self._kernel(uid)
        return shared_files.entries(self._services, kernel.owner_id, str(prefix), gateway_of(kernel))

    def _kernel(self, uid: str) -> Kernel:
        with self._services.ledger.read() as session:
            kernel = kernels.get(session, uid)
        if kernel is None or kernel.deleted_at is not None:
            raise NotFound("this kernel is deleted")
        return kernel

    def _remove(self, entries: list[Entry]) -> None:
        pipe = self._client.pipeline(transaction=True)
        remove(pipe, entries)
        pipe.execute()


def remove(pipe: Any, entries: list[Entry]) -> None:
    """Add to a pipeline that these are done with: nobody else reads them."""
    acknowledge(pipe, REQUESTS, entries)
    for entry in entries:
        pipe.xdel(REQUESTS.key(entry.uid), entry.entry_id)


def _request_of(entry: Entry) -> Request | None:
    event = checked(entry)
    if event is None or not isinstance(event.body, Request) or not REQUEST.fullmatch(event.body.request):
        return None
    return event.body


def _is_stale(entry: Entry) -> bool:
    return time.time() - int(entry.entry_id.partition("-")[0]) / 1000 > STALE_S


def _body(services: Services, stopped: threading.Event) -> None:
    Desk(services, make_raw_redis(services.settings)).run(stopped)


def main(_argv: list[str]) -> int:
    """The exit code: serve until a signal."""
    return serve("desk", _body)
