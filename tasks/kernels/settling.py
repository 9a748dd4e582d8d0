"""Make one kernel as its row says it should be. The row is the authority, whoever asked."""

from __future__ import annotations

import logging
import time
from functools import partial

from broker_config.wire.errors import HuskError, KernelStartFailed
from broker_config.wire.states import DesiredState, KernelState
from tasks.failpoints import reach
from tasks.kernels import restarting, without_engine
from tasks.kernels.decision import Action, View, decide, with_environment
from tasks.kernels.deleting import delete
from tasks.kernels.life import INTENT, Life, change, process_of, read
from tasks.kernels.preparing import prepare
from tasks.kernels.starting import start
from tasks.kernels.stopping import end, stop
from tasks.ledger.models import Kernel
from tasks.runtimes.base import Found

MOST_STEPS = 6
LONGEST_TROUBLE = 500
FAILED = {
    Action.DIED: restarting.died,
    Action.HUNG: restarting.hung,
    Action.NOT_BUILT: restarting.not_built,
    Action.TIMED_OUT: restarting.timed_out,
}

log = logging.getLogger(__name__)


def settle(life: Life, uid: str, nonce: str | None = None, wait_s: float = 0.0) -> bool:
    """Take steps until nothing is left to do; False when the kernel is busy or has to be waited for.

    ``nonce``: of the message that asked; if it is not the row's, a later wish counts and nothing is done.

    Raises:
        Unavailable: Redis, the database or the store was away; the next look goes on.
    """
    with life.flights.hold(uid, wait_s) as mine:
        if not mine:
            return False
        for _step in range(MOST_STEPS):
            row = read(life, uid)
            if row is None:
                break
            if nonce is not None and row.intent_nonce != nonce:
                return True
            found = _find(life, row)
            action = next_action(life, row, found)
            if action is Action.NOTHING:
                break
            log.info("kernel %s (%s, should be %s): %s", uid, row.state, row.desired_state, action)
            if not _carry_out(life, row, found, action):
                return False
    life.unwatched.discard(uid)
    return True


def _find(life: Life, row: Kernel) -> Found | None:
    try:
        return life.runtime_of(row).find(row.uid, row.runtime_ref)
    except Exception as trouble:
        without_engine.bide(life, row, in_words(trouble))
        raise


def next_action(life: Life, row: Kernel, found: Found | None) -> Action:
    """What ``decide`` says about the row and what was found of it, while starts are not held back."""
    action = decide(_view(life, row, found))
    if action is Action.START:
        action = with_environment(KernelState(row.state), life.builds.progress(row))
    running = row.desired_state == DesiredState.RUNNING
    # While `husk down` ends kernels, nothing is started, adopted or called dead.
    return Action.NOTHING if running and action is not Action.NOTHING and life.pause.on() else action


def _view(life: Life, row: Kernel, found: Found | None) -> View:
    ref = row.runtime_ref
    return View(
        desired=DesiredState(row.desired_state),
        state=KernelState(row.state),
        intent=row.intent_nonce,
        tried=ref.get(INTENT),
        spawned=bool(process_of(ref)) and not _never_began(life, row, found),
        alive=found is not None,
        known=found is not None and process_of(found.ref) == process_of(ref),
        unwatched=row.uid in life.unwatched,
        overdue=time.time() - row.state_since > life.services.settings.kernel_start_timeout_s,
        again=restarting.is_due(row),
        hung=restarting.is_hung(life, row),
    )


def _never_began(life: Life, row: Kernel, found: Found | None) -> bool:
    # Its starter died between two steps, and it was taken over before it ended for want of a message.
    starting = row.state == KernelState.STARTING and bool(process_of(row.runtime_ref))
    return starting and found is None and life.runtime_of(row).never_began(row.uid, row.runtime_ref)


def _carry_out(life: Life, row: Kernel, found: Found | None, action: Action) -> bool:
    if action is Action.DELETE:
        return delete(life, row)
    if action is Action.STOP:
        return stop(life, row)
    if action is Action.END:
        end(life, row)
        reach("restart.stopped")
    elif action is Action.START:
        _start(life, row)
    elif action is Action.BUILD:
        prepare(life, row, partial(settle, life, row.uid))
    elif action is Action.ADOPT and found is not None:
        change(life, row.uid, runtime_ref={**found.ref, INTENT: row.intent_nonce})
    elif action in FAILED:
        FAILED[action](life, row)
    return True


def _start(life: Life, row: Kernel) -> None:
    anew = row.uid in life.unwatched
    life.unwatched.discard(row.uid)
    try:
        start(life, row, anew)
    except KernelStartFailed as error:
        restarting.not_started(life, row, error)
    except Exception as error:
        # It is tried again, until that has taken too long: then it is told why.
        life.troubles[row.uid] = in_words(error)
        raise
    life.troubles.pop(row.uid, None)


def in_words(error: Exception) -> str:
    """For people. What is not an error of ours may hold anything: its name has to do."""
    own = error.message if isinstance(error, HuskError) else f"{type(error).__name__} in the lifecycle worker"
    return own[:LONGEST_TROUBLE]
