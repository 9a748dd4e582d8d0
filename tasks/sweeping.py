"""What nobody needs any more: unfinished work of ended executions, and objects that nothing names."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from broker_config.wire.states import KernelState
from tasks.flow_desk.view import URL_S
from tasks.ledger import artifacts, catalog, doomed, executions, finalized, kernels, logs
from tasks.ledger.models import Kernel
from tasks.objects.keys import KERNELS
from tasks.objects.results import ObjectInfo
from tasks.services import Services

DOOMED_AFTER_S = URL_S + 600.0
"""A kernel may still be reading by the URL that it was given."""
STAGED_FOR_S = 600.0
"""An agent that adopts an execution says so while that runs; this long after its end nobody does."""
PREPARED_FOR_S = 86_400.0
FINALIZED_FOR_S = 86_400.0
ORPHAN_AFTER_S = 86_400.0
UP_FOR_S = 3_600.0
"""A kernel that came up tells first what it did not get to tell before."""
CLOCKS_APART_S = 600.0
MOST = 200
MOST_LINES = 5_000
MOST_IN_A_PART = 1_000

log = logging.getLogger(__name__)


def drop_unfinished(services: Services) -> None:
    """Forget what ended executions had staged, prepared and been answered, and the oldest lines of logs."""
    now = time.time()
    with services.ledger.read() as session:
        over = logs.oldest(session) < logs.newest(session) - services.settings.log_lines_kept
    with services.ledger.write() as session:
        artifacts.drop_staged(session, now - STAGED_FOR_S, MOST, now)
        catalog.drop_prepared(session, now - PREPARED_FOR_S, now - STAGED_FOR_S, MOST)
        finalized.forget(session, now - FINALIZED_FOR_S, MOST)
        if over:
            logs.drop_oldest(session, services.settings.log_lines_kept, MOST_LINES)


def remove_doomed(services: Services) -> int:
    """Remove objects whose time is over and that no row names; how many.

    Raises:
        Unavailable: the store or the database is away.
    """
    with services.ledger.read() as session:
        keys = doomed.due(session, time.time() - DOOMED_AFTER_S, MOST)
        named = doomed.named(session, keys)
    over = [key for key in keys if key not in named]
    for key in over:
        services.store.remove(key)
    if keys:
        with services.ledger.write() as session:
            doomed.forget(session, keys)
    return len(over)


def sweep_orphans(services: Services, now: float | None = None) -> int:
    """Remove old uploads of kernels that nothing names, or that were never ended; how many of the former.

    What a kernel that does not run has left may still be told when it is back: that is not touched.

    Raises:
        Unavailable: the store or the database is away.
    """
    now = time.time() if now is None else now
    removed = 0
    services.store.abort_old(KERNELS, now - ORPHAN_AFTER_S)
    for uid, found in groupby(services.store.list(KERNELS), key=lambda one: one.key.split("/")[1]):
        with services.ledger.read() as session:
            before = _settled_before(kernels.get(session, uid), now)
            running = executions.running_of(session, uid)
        # An artifact of a cell that still runs is named at its end.
        before = min([before, *((row.started_at or row.submitted_at) - CLOCKS_APART_S for row in running)])
        for part in _parts(one for one in found if one.modified is not None and one.modified < before):
            removed += _remove(services, uid, part)
    return removed


def _settled_before(kernel: Kernel | None, now: float) -> float:
    """Uploads of a kernel before that time are named by now, or never; 0: that is not known."""
    if kernel is None:
        return 0.0
    if kernel.deleted_at is not None:
        return now - ORPHAN_AFTER_S if kernel.deleted_at < now - ORPHAN_AFTER_S else 0.0
    runs = kernel.state == KernelState.READY.value and (kernel.ready_since or now) < now - UP_FOR_S
    return now - ORPHAN_AFTER_S if runs else 0.0


def _parts(found: Iterator[ObjectInfo]) -> Iterator[Sequence[str]]:
    while part := [one.key for one in islice(found, MOST_IN_A_PART)]:
        yield part


def _remove(services: Services, uid: str, keys: Sequence[str]) -> int:
    with services.ledger.read() as session:
        named = doomed.named(session, keys) | doomed.waiting(session, keys)
        left = [key for key in keys if key not in named]
        shown = executions.objects_shown(session, uid, left) if left else set()
    over = [key for key in left if key not in shown]
    for key in over:
        services.store.remove(key)
    if over:
        log.info("kernel %s: %d uploads that nothing names are removed", uid, len(over))
    return len(over)
