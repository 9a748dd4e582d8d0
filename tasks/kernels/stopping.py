"""Stop a kernel, or end it for a restart; and give up on one that failed."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from broker_config.wire.errors import EnvironmentFailed, HuskError, Unavailable
from broker_config.wire.states import DesiredState, KernelState
from tasks.failpoints import reach
from tasks.kernels import broker
from tasks.kernels.closing import STOPPED, settle_deleted, settle_running
from tasks.kernels.keeping import forget_at_stop
from tasks.kernels.life import INTENT, Life, change
from tasks.ledger.audit import Change
from tasks.ledger.models import Kernel

STOP_S = 10.0
"""Init gives the agent 8 s; what is left then is killed."""
RIGHTS_S = 4.5
"""A stop takes the Redis user within 5 s after it was asked for; before, the agent tells what it can."""
LEAST_RIGHTS_S = 0.5
DRAIN_S = 3.0
POLL_S = 0.05
LOG_LINES = 20
LOG_CHARACTERS = 16_000

log = logging.getLogger(__name__)


def end(life: Life, row: Kernel) -> Kernel:
    """End the process and the Redis user; the row, which is ``stopping`` now (``error`` stays)."""
    if row.state not in {KernelState.STOPPING, KernelState.ERROR, KernelState.STOPPED}:
        row = change(life, row.uid, KernelState.STOPPING)
    reach("stop.row")
    _end_process(life, row)
    reach("stop.ended")
    delete_user(life, row.uid)
    reach("stop.user")
    return row


def _end_process(life: Life, row: Kernel) -> None:
    """Stop it. One that ignores everything, or an engine that hangs, must not keep its rights meanwhile."""
    cut = threading.Timer(_rights_s(row), delete_user, [life, row.uid])
    cut.daemon = True
    cut.start()
    try:
        life.runtime_of(row).stop(row.uid, row.runtime_ref, STOP_S)
    except BaseException:
        delete_user(life, row.uid)
        raise
    finally:
        cut.cancel()
        # One that has begun must not take the user of the next start.
        cut.join(STOP_S)


def _rights_s(row: Kernel) -> float:
    """From now; what waited for its turn since somebody asked for the stop has less."""
    if row.desired_state == DesiredState.RUNNING or row.intended_at is None:
        return RIGHTS_S
    return min(RIGHTS_S, max(LEAST_RIGHTS_S, row.intended_at + RIGHTS_S - time.time()))


def stop(life: Life, row: Kernel, drain_s: float = DRAIN_S) -> bool:
    """Stop; False when it stays ``stopping`` because the recorder had not caught up within ``drain_s``."""
    row = end(life, row)
    deadline = time.monotonic() + drain_s
    pause = threading.Event()
    while not _settled(life, row):
        if time.monotonic() >= deadline:
            return False
        pause.wait(POLL_S)
    forget_at_stop(life, row)
    reach("stop.artifacts")
    change(life, row.uid, KernelState.STOPPED, **gone(row.intent_nonce))
    reach("stop.done")
    log.info("kernel %s is stopped", row.uid)
    return True


def _settled(life: Life, row: Kernel) -> bool:
    if row.desired_state == DesiredState.DELETED:
        return settle_deleted(life, row)
    return settle_running(life, row.uid, row.state_since, STOPPED)


def give_up(
    life: Life,
    row: Kernel,
    sentence: str,
    fields: Mapping[str, Any] | None = None,
    again_in_s: float | None = None,
    told: Change | None = None,
) -> None:
    """The kernel failed: end what is left of it; ``error`` says why, ``fields`` more of the row.

    Not started again until asked, or ``again_in_s`` after it has ended. ``told``: for the audit.
    """
    try:
        tail = _log_tail(life, row)
        sentence += _kill(life, row)
    finally:
        delete_user(life, row.uid)
    whose = "the build" if row.state == KernelState.BUILDING else "its log"
    error = f"{sentence}\n\nLast lines of {whose}:\n{tail}" if tail else sentence
    restart_at = None if again_in_s is None else time.time() + again_in_s
    values = {**gone(row.intent_nonce), **(fields or {}), "restart_at": restart_at}
    change(life, row.uid, KernelState.ERROR, told, error=error, **values)
    log.error("kernel %s failed: %s", row.uid, sentence)


def _log_tail(life: Life, row: Kernel) -> str:
    if row.state == KernelState.BUILDING:
        failure = life.builds.failure(row)
        lines = failure.lines if isinstance(failure, EnvironmentFailed) else ()
        return "\n".join(lines)[-LOG_CHARACTERS:]
    try:
        return life.runtime_of(row).log_tail(row.uid, LOG_LINES)[-LOG_CHARACTERS:]
    except HuskError as error:
        log.warning("kernel %s: the end of its log cannot be read: %s", row.uid, error)
        return ""


def _kill(life: Life, row: Kernel) -> str:
    """More of the sentence, where it cannot be ended now."""
    try:
        life.runtime_of(row).kill(row.uid, row.runtime_ref)
    except HuskError as error:
        # The state must not wait for an engine that is away: what is left is ended when it is back.
        log.warning("kernel %s: what is left of it is not ended yet: %s", row.uid, error)
        return f" ({error.message})"
    return ""


def gone(intent: str | None) -> dict[str, Any]:
    """Fields of a kernel without a process."""
    return {
        "generation": None,
        "facts": {},
        "runtime_ref": {INTENT: intent},
        "redis_password_sha256": None,
        "restart_at": None,
    }


def delete_user(life: Life, uid: str) -> None:
    """Delete its Redis user, which cuts its connections, if Redis is there."""
    # A Redis that is away keeps nobody from stopping; users without a kernel are swept later.
    with contextlib.suppress(Unavailable):
        broker.delete_user(life.services.redis, uid)
