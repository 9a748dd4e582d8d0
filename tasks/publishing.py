"""Committed executions into their queue: in the ledger's order, under one lock per kernel.

Nothing is put while Redis does not hold the ledger's broker epoch, or before the kernel has reported its
journal for it: after a loss of data the rows that were lost come first.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import redis

from broker_config import keys
from broker_config.queues import queue_of
from broker_config.wire.errors import Unavailable
from broker_config.wire.names import new_token
from tasks.broker_faults import AWAY, translated
from tasks.cell_message import message_of
from tasks.ledger import broker, executions, kernels
from tasks.ledger.models import Execution, Kernel
from tasks.services import Services

LOCK_WAIT_S = 2.0
FIRST_PAUSE_S = 0.001
LONGEST_PAUSE_S = 0.02
CHUNK_BYTES = 1024 * 1024

# KEYS: lock, epoch, wake. ARGV: the lock's token, the epoch, the kernel, the cap of `wake`, then triples
# (command, queue, message). One step: neither a lock that ran out nor a loss of data comes between.
PUT = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lock' end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 'epoch' end
for i = 5, #ARGV, 3 do
  if ARGV[i] == 'LREM' then redis.call('LREM', ARGV[i + 1], 1, ARGV[i + 2])
  elseif ARGV[i] == 'DEL' then redis.call('DEL', ARGV[i + 1])
  else redis.call(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'kernel', ARGV[3])
return 'ok'
"""
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Put:
    """One change of a queue: LPUSH (behind all), RPUSH (consumed next), LREM, or DEL (all of it)."""

    command: str
    queue: str
    message: str | bytes = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to change one kernel's queues: the lock's token, and the epoch that Redis must hold."""

    uid: str
    token: str
    epoch: str


@contextmanager
def publish_lock(client: redis.Redis, uid: str, wait_s: float = LOCK_WAIT_S) -> Iterator[str]:
    """Hold the kernel's publish lock; yields its token.

    Raises:
        Unavailable: Redis is away, or somebody else holds it for longer than ``wait_s``.
    """
    key, token = keys.publish_lock(uid), new_token(12)
    deadline, pause_s = time.monotonic() + wait_s, FIRST_PAUSE_S
    with translated():
        while not client.set(key, token, nx=True, px=keys.PUBLISH_LOCK_MS):
            if time.monotonic() >= deadline:
                raise Unavailable("another process publishes to this kernel; try again")
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    try:
        yield token
    finally:
        # One that cannot be released runs out.
        with suppress(*AWAY):
            client.register_script(RELEASE)(keys=[key], args=[token])


def publish(services: Services, uid: str) -> int:
    """Put every unpublished execution of a kernel into its queue, by ``seq``; how many were put.

    Raises:
        Unavailable: Redis or the database is away; what was not put stays unpublished.
    """
    with publish_lock(services.redis, uid) as token:
        with services.ledger.read() as session:
            rows = executions.unpublished(session, uid)
            kernel = kernels.get(session, uid) if rows else None
            epoch = broker.epoch(session) if rows else None
        if kernel is None or not may_publish(kernel, epoch):
            return 0
        puts = [Put("LPUSH", queue_of(uid, row.interactive), _message(services, row, kernel)) for row in rows]
        sent = put(services.redis, Turn(uid, token, str(epoch)), puts)
        if sent:
            mark(services, rows[:sent])
        return sent


def may_publish(kernel: Kernel, epoch: str | None) -> bool:
    """Whether the kernel is there and its journal was reported for this epoch."""
    return epoch is not None and kernel.journal_epoch == epoch and kernel.deleted_at is None


def mark(services: Services, rows: Sequence[Execution]) -> None:
    """Note that these are in their queues."""
    with services.ledger.write() as session:
        executions.mark_published(session, [row.id for row in rows], time.time())


def put(client: redis.Redis, turn: Turn, puts: Sequence[Put]) -> int:
    """Change the queues in that order; how many changes were made (fewer: the lock or the epoch went).

    Raises:
        Unavailable: Redis is away; whether the changes in flight were made is not known.
    """
    script = client.register_script(PUT)
    lock = [keys.publish_lock(turn.uid), keys.EPOCH, keys.WAKE]
    head: list[Any] = [turn.token, turn.epoch, turn.uid, keys.WAKE_MAX_ENTRIES]
    done = 0
    with translated():
        for chunk in _chunks(puts):
            body = [part for one in chunk for part in (one.command, one.queue, one.message)]
            answer = script(keys=lock, args=[*head, *body])
            if answer != "ok":
                log.warning("kernel %s: not published: the %s changed", turn.uid, answer)
                return done
            done += len(chunk)
    return done


def _message(services: Services, row: Execution, kernel: Kernel) -> str:
    return message_of(services.celery, row, kernel.slug)


def _chunks(puts: Sequence[Put]) -> Iterator[list[Put]]:
    chunk: list[Put] = []
    size = 0
    for one in puts:
        if chunk and size + len(one.message) > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += len(one.message)
    if chunk:
        yield chunk
