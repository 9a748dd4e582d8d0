"""The outbox: what the ledger has queued is in its queue, claimed, or put back. Nothing else lies there."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from broker_config import keys
from broker_config.queues import queue_of
from broker_config.wire.states import ExecutionState
from tasks.broker import translated
from tasks.cell_message import message_of
from tasks.claims import CANCELLED, owners
from tasks.closing import close_claimed
from tasks.figures import letters
from tasks.ledger import broker, executions, kernels
from tasks.ledger.models import Execution, Kernel
from tasks.publishing import Put, Turn, may_publish, publish_lock, put
from tasks.queue_contents import lying
from tasks.queue_plan import Plan, plan
from tasks.services import Services

OUTBOX_S = 5.0
MOST_REMOVED = 200

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Queue:
    """One queue as it is: ids in it, the next first; and what does not belong there."""

    ids: list[str] = field(default_factory=list)
    removals: list[Put] = field(default_factory=list)


def looks_whole(services: Services, uid: str) -> bool:
    """Whether the queues hold as many messages as the ledger has waiting: cheap, and wrong
    while one lies there twice or was cancelled.

    Raises:
        Unavailable: Redis or the database is away.
    """
    with translated():
        lying = sum(int(services.redis.llen(queue_of(uid, interactive))) for interactive in (True, False))
    # Counted afterwards: what is taken out in between makes the ledger's number the smaller one.
    with services.ledger.read() as session:
        return lying >= executions.queue_length(session, uid)


def repair(services: Services, uid: str, due_s: float = OUTBOX_S) -> int:
    """Bring a kernel's two queues in line with the ledger; how many messages were put.

    Args:
        due_s: what was submitted or published more lately than this is left to who does it.

    Raises:
        Unavailable: Redis or the database is away, or somebody publishes for long.
    """
    with publish_lock(services.redis, uid) as held:
        with services.ledger.read() as session:
            kernel, epoch = kernels.get(session, uid), broker.epoch(session)
            rows = executions.queued(session, uid)
        if kernel is None or not may_publish(kernel, epoch):
            return 0
        turn, now = Turn(uid, held.token, str(epoch)), time.time()
        due = {row.id for row in rows if max(row.submitted_at, row.published_at or 0.0) <= now - due_s}
        return sum(
            _repair(services, turn, kernel, [r for r in rows if r.interactive is interactive], due)
            for interactive in (True, False)
        )


def _repair(services: Services, turn: Turn, kernel: Kernel, rows: list[Execution], due: set[str]) -> int:
    if not rows:
        return 0
    queue = _read(services, queue_of(turn.uid, rows[0].interactive), {row.id for row in rows})
    rows = _unclaimed(services, kernel, rows, set(queue.ids))
    decided = plan([row.id for row in rows], queue.ids, due)
    puts = [*queue.removals, *_puts(services, kernel, rows, decided)]
    if put(services.redis, turn, puts) < len(puts) or not decided.ids:
        return 0
    log.info("kernel %s: %d executions were put back", turn.uid, len(decided.ids))
    chosen = set(decided.ids)
    services.marks.add(chosen)
    return len(chosen)


def _read(services: Services, name: str, waiting: set[str]) -> Queue:
    queue = Queue()
    for found in lying(services.redis, name):
        if found.execution_id in waiting:
            queue.ids.append(found.execution_id)
        elif len(queue.removals) < MOST_REMOVED:
            queue.removals.append(Put("LREM", name, found.message))
            if found.execution_id is None:
                queue.removals.append(Put("LPUSH", keys.DEAD_LETTERS, letters.written(name, found.message)))
    queue.ids.reverse()
    return queue


def _unclaimed(services: Services, kernel: Kernel, rows: list[Execution], lying: set[str]) -> list[Execution]:
    """Without those that a kernel has taken (its events tell the rest), or that somebody cancelled."""
    missing = [row.id for row in rows if row.id not in lying]
    owner = owners(services.redis, kernel.uid, missing)
    cancelled = [one for one, name in owner.items() if name == CANCELLED]
    if cancelled:
        _end_cancelled(services, cancelled)
    taken = {one: name for one, name in owner.items() if name is not None and name != CANCELLED}
    if taken:
        close_claimed(services, kernel, taken)
    return [row for row in rows if owner.get(row.id) is None]


def _end_cancelled(services: Services, ids: Sequence[str]) -> None:
    """Whoever cancelled them died before the ledger knew."""
    now = time.time()
    with services.ledger.write() as session:
        for execution_id in ids:
            executions.end(session, execution_id, ExecutionState.CANCELLED, now)


def _puts(services: Services, kernel: Kernel, rows: list[Execution], decided: Plan) -> list[Put]:
    by_id = {row.id: row for row in rows}

    def one(command: str, execution_id: str) -> Put:
        row = by_id[execution_id]
        queue = queue_of(kernel.uid, row.interactive)
        message = message_of(services.celery, row, kernel.slug)
        return Put(command, queue, message, row.id, row.seq)

    puts = [one("RPUSH", execution_id) for execution_id in reversed(decided.front)]
    puts += [one("LPUSH", execution_id) for execution_id in decided.back]
    if decided.rebuilt:
        puts.append(Put("DEL", queue_of(kernel.uid, by_id[decided.rebuilt[0]].interactive)))
        puts += [one("LPUSH", execution_id) for execution_id in decided.rebuilt]
    return puts
