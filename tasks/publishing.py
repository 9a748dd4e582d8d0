"""Committed executions into their queue, in the ledger's order.

What was just accepted goes in by one script, if all before it are in and nobody holds the kernel's
publish lock. Everything else (what was left behind, what has to be put back) is done under that lock.

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
from tasks import holders
from tasks.broker import AWAY, translated
from tasks.cell_message import message_of
from tasks.ledger import broker, executions, kernels
from tasks.ledger.executions import NewExecution
from tasks.ledger.models import Execution, Kernel
from tasks.services import Services

LOCK_WAIT_S = 2.0
FIRST_PAUSE_S = 0.001
LONGEST_PAUSE_S = 0.02
CHUNK_BYTES = 1024 * 1024

# Both in one step, so that neither another publisher nor a loss of data comes between.
WAKE = """
if redis.call('SET', KEYS[5], '1', 'NX', 'PX', ARGV[4]) then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'kernel', ARGV[2])
end
return 'ok'
"""
# KEYS: lock, epoch, wake, sent, woken. ARGV: the epoch, the kernel, the cap of `wake`, milliseconds for
# `woken`, the seq before these, their last, then pairs (queue, message).
PUT_NEW = f"""
if redis.call('EXISTS', KEYS[1]) == 1 then return 'lock' end
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'epoch' end
local sent = tonumber(redis.call('GET', KEYS[4]) or '0')
if sent >= tonumber(ARGV[6]) then return 'done' end
if sent ~= tonumber(ARGV[5]) then return 'behind' end
for i = 7, #ARGV, 2 do redis.call('LPUSH', ARGV[i], ARGV[i + 1]) end
redis.call('SET', KEYS[4], ARGV[6])
{WAKE}"""
# KEYS as above. ARGV: as above to `woken`, the lock's token, the highest seq among these or 0, then triples
# (command, queue, message).
PUT = f"""
if redis.call('GET', KEYS[1]) ~= ARGV[5] then return 'lock' end
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'epoch' end
for i = 7, #ARGV, 3 do
  if ARGV[i] == 'LREM' then redis.call('LREM', ARGV[i + 1], 1, ARGV[i + 2])
  elseif ARGV[i] == 'DEL' then redis.call('DEL', ARGV[i + 1])
  else redis.call(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
end
local sent = tonumber(redis.call('GET', KEYS[4]) or '0')
if tonumber(ARGV[6]) > sent then redis.call('SET', KEYS[4], ARGV[6]) end
{WAKE}"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Put:
    """One change of a queue: LPUSH (behind all), RPUSH (consumed next), LREM, or DEL (all of it).

    ``seq``: of an execution that is put for the first time, else 0.
    """

    command: str
    queue: str
    message: str | bytes = ""
    execution_id: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to change one kernel's queues: the lock's token, and the epoch that Redis must hold."""

    uid: str
    token: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Held:
    """The publish lock's token, and the highest seq that was in a queue when it was taken."""

    token: str
    sent: int


def hold(client: redis.Redis, uid: str, wait_s: float = LOCK_WAIT_S) -> Held:
    """Take the kernel's publish lock; ``release`` it.

    Raises:
        Unavailable: Redis is away, or somebody else holds it for longer than ``wait_s``.
    """
    key, token = keys.publish_lock(uid), new_token(12)
    deadline, pause_s = time.monotonic() + wait_s, FIRST_PAUSE_S
    with translated():
        while True:
            pipe = client.pipeline(transaction=False)
            pipe.set(key, token, nx=True, px=keys.PUBLISH_LOCK_MS)
            pipe.get(keys.sent(uid))
            taken, sent = pipe.execute()
            if taken:
                return Held(token, int(sent or 0))
            if time.monotonic() >= deadline:
                raise Unavailable("another process publishes to this kernel; try again")
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def release(client: redis.Redis, uid: str, token: str) -> None:
    """Give the lock back; one that cannot be released runs out."""
    with suppress(*AWAY):
        holders.release(client, [keys.publish_lock(uid)], token)


@contextmanager
def publish_lock(client: redis.Redis, uid: str, wait_s: float = LOCK_WAIT_S) -> Iterator[Held]:
    """``hold`` and ``release``; raises as ``hold``."""
    held = hold(client, uid, wait_s)
    try:
        yield held
    finally:
        release(client, uid, held.token)


def publish(services: Services, uid: str) -> int:
    """Put every execution of a kernel that was never put into its queue, by ``seq``; how many were put.

    Raises:
        Unavailable: Redis or the database is away; what was not put stays unpublished.
    """
    with publish_lock(services.redis, uid) as held:
        with services.ledger.read() as session:
            rows = executions.unpublished(session, uid)
            kernel = kernels.get(session, uid) if rows else None
            epoch = broker.epoch(session) if rows else None
        if kernel is None or not may_publish(kernel, epoch):
            return 0
        services.marks.add(row.id for row in rows if row.seq <= held.sent)
        fresh = [row for row in rows if row.seq > held.sent]
        puts = [Put("LPUSH", *_message(services, row, kernel.slug), row.id, row.seq) for row in fresh]
        done = put(services.redis, Turn(uid, held.token, str(epoch)), puts)
        services.marks.add(one.execution_id for one in puts[:done])
        return done


def put_new(
    services: Services, uid: str, epoch: str, new: Sequence[NewExecution], seqs: Sequence[int], slug: str
) -> bool:
    """Put what was just committed behind all; False: it is for ``publish`` to do, or too large for one step.

    Raises:
        Unavailable: Redis is away; whether it was put is not known.
    """
    pairs = [_message(services, one, slug) for one in new]
    if sum(len(message) for _, message in pairs) > CHUNK_BYTES:
        return False
    args = [*_head(uid, epoch), seqs[0] - 1, seqs[-1], *(part for pair in pairs for part in pair)]
    with translated():
        answer = services.redis.register_script(PUT_NEW)(keys=_keys(uid), args=args)
    if answer == "ok":
        services.marks.add(one.id for one in new)
    return answer in {"ok", "done"}


def may_publish(kernel: Kernel, epoch: str | None) -> bool:
    """Whether the kernel is there and its journal was reported for this epoch."""
    return epoch is not None and kernel.journal_epoch == epoch and kernel.deleted_at is None


def put(client: redis.Redis, turn: Turn, puts: Sequence[Put]) -> int:
    """Change the queues in that order; how many changes were made (fewer: the lock or the epoch went).

    Raises:
        Unavailable: Redis is away; whether the changes in flight were made is not known.
    """
    script, done = client.register_script(PUT), 0
    with translated():
        for chunk in _chunks(puts):
            body = [part for one in chunk for part in (one.command, one.queue, one.message)]
            args = [*_head(turn.uid, turn.epoch), turn.token, max(one.seq for one in chunk), *body]
            answer = script(keys=_keys(turn.uid), args=args)
            if answer != "ok":
                log.warning("kernel %s: not published: the %s changed", turn.uid, answer)
                return done
            done += len(chunk)
    return done


def _keys(uid: str) -> list[str]:
    return [keys.publish_lock(uid), keys.EPOCH, keys.WAKE, keys.sent(uid), keys.woken(uid)]


def _head(uid: str, epoch: str) -> list[Any]:
    return [epoch, uid, keys.WAKE_MAX_ENTRIES, keys.WAKE_EVERY_MS]


def _message(services: Services, row: Execution | NewExecution, slug: str) -> tuple[str, str]:
    """The row's queue and its message."""
    return queue_of(row.kernel_uid, row.interactive), message_of(services.celery, row, slug)


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
