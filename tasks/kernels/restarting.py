"""Kernels with ``auto_restart`` that failed are started again, with longer and longer waits between.

All that has to be remembered stands in the row: it goes on where it was after a restart of this worker.
"""

from __future__ import annotations

import time
from typing import Any

from broker_config.wire.errors import ImageMissing, ImageOutdated, KernelStartFailed
from broker_config.wire.states import KernelState
from tasks.claims import CANCELLED, owners
from tasks.kernels import policy
from tasks.kernels.life import INTENT, Life
from tasks.kernels.stopping import give_up
from tasks.ledger import executions
from tasks.ledger.audit import Change
from tasks.ledger.models import Kernel

SERVES = frozenset({KernelState.READY, KernelState.UNRESPONSIVE})
KEPT = "its variables are gone, queued cells are kept"
ASK = "start it again"
LONGEST_REASON = 500


def is_due(row: Kernel) -> bool:
    """Whether the wait after a failure is over."""
    return row.auto_restart and row.restart_at is not None and row.restart_at <= time.time()


def is_hung(life: Life, row: Kernel) -> bool:
    """Whether a kernel is silent for long, and is known to run nothing.

    Raises:
        Unavailable: that cannot be known now.
    """
    silent = row.auto_restart and row.state == KernelState.UNRESPONSIVE and row.uid in life.hung
    return silent and not _runs(life, row.uid)


def _runs(life: Life, uid: str) -> bool:
    with life.services.ledger.read() as s:
        if executions.running_of(s, uid):
            return True
        waiting = [row.id for row in executions.queued(s, uid)]
    # Claimed, though its kernel could not say so any more.
    claimed = owners(life.services.redis, uid, waiting).values()
    return any(owner not in {None, CANCELLED} for owner in claimed)


def died(life: Life, row: Kernel) -> None:
    """It ended by itself."""
    how = life.runtime_of(row).ending(row.uid, row.runtime_ref)
    _failed(life, row, f"the kernel {how}", KEPT, ": " + ASK)


def hung(life: Life, row: Kernel) -> None:
    """It does not answer, and nothing runs: nobody's work is lost."""
    _failed(life, row, "the kernel did not answer for long while no cell ran", KEPT, ": " + ASK)


def timed_out(life: Life, row: Kernel) -> None:
    """It did not become ready."""
    limit = life.services.settings.kernel_start_timeout_s
    trouble = life.troubles.pop(row.uid, "")
    why = f" (the last try failed: {trouble})" if trouble else ""
    _failed(life, row, f"the kernel was not ready within {limit:g} s{why}", "", f"; see its log, then {ASK}")


def not_started(life: Life, row: Kernel, error: KernelStartFailed) -> None:
    """The runtime refused. Who asked for the start has to mend something; a later one is tried again."""
    mendable = isinstance(error, ImageMissing | ImageOutdated)
    by_itself = row.failures > 0 and not _asked(row)
    what = f"the kernel could not be started: {error.message}"
    _failed(life, row, what, "", "", retry=by_itself and not mendable)


def not_built(life: Life, row: Kernel) -> None:
    """Its environment could not be made: as for ``not_started``. The one that it had before is kept."""
    error = life.builds.failure(row)
    what = error.message if error is not None else "its environment could not be built"
    _failed(life, row, what, "", "", retry=row.failures > 0)


def _failed(life: Life, row: Kernel, what: str, kept: str, advice: str, retry: bool = True) -> None:
    said = f"{what}; {kept}" if kept else what
    if not (row.auto_restart and retry):
        give_up(life, row, said + advice)
        return
    most = life.services.settings.kernel_restarts
    ran_s = time.time() - (row.ready_since or row.state_since) if row.state in SERVES else None
    verdict = policy.after_failure(row.failures, ran_s, most)
    fields = {"failures": verdict.failures, "last_failure": what[:LONGEST_REASON]}
    if verdict.wait_s is None:
        detail = {"failures": verdict.failures, "reason": what[:LONGEST_REASON]}
        told = Change("kernel.gave_up", row.uid, detail)
        number = f"it failed {verdict.failures} times in a row and is not started again by itself"
        give_up(life, row, f"{said}. Now {number}: see its log, then {ASK}", fields, told=told)
        return
    wait = policy.in_words(verdict.wait_s)
    number = f"failure {verdict.failures} in a row, of at most {most}"
    give_up(life, row, f"{said}. It is started again in {wait} ({number})", fields, verdict.wait_s)


def begun(row: Kernel) -> tuple[dict[str, Any], Change | None]:
    """Fields of a row that starts now, besides those of every start, and what the audit is told of it."""
    if _asked(row):
        return {"restart_at": None, "failures": 0, "last_failure": None}, None
    if row.restart_at is None:
        return {}, None  # the same start once more, or it ended while nobody watched
    number = "" if row.failures < 2 else f" for the {policy.times(row.failures)} time in a row"
    fields: dict[str, Any] = {
        "restart_at": None,
        "restarts": row.restarts + 1,
        "note": f"restarted by itself{number}: {row.last_failure}; its variables are gone",
        "noted_at": time.time(),
    }
    detail = {"failures": row.failures, "restarts": row.restarts + 1, "reason": row.last_failure}
    return fields, Change("kernel.auto_restart", row.uid, detail)


def _asked(row: Kernel) -> bool:
    """Whether somebody asked since it was started or given up; a start that begins again noted nothing."""
    begun = row.state in {KernelState.BUILDING, KernelState.STARTING}
    return not begun and row.runtime_ref.get(INTENT) != row.intent_nonce
