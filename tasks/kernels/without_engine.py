"""A kernel that shall start or stop while its engine is away: it is shown so, and not for ever; one that
shall stop has no rights from then on, though its container goes on."""

from __future__ import annotations

import time

from broker_config.wire.errors import KernelStartFailed
from broker_config.wire.states import DesiredState, KernelState
from tasks.kernels import restarting
from tasks.kernels.decision import LIVE
from tasks.kernels.life import INTENT, Life, change
from tasks.kernels.stopping import delete_user
from tasks.ledger.models import Kernel

STOPS = LIVE | {KernelState.BUILDING}


def waits(life: Life, row: Kernel) -> bool:
    """Whether ``bide`` has something to do. Kernels that run and shall are left alone: their pulse tells."""
    if row.desired_state != DesiredState.RUNNING:
        stopping = row.state == KernelState.STOPPING and row.redis_password_sha256 is not None
        return row.state in STOPS or stopping
    if life.pause.on():
        return False
    if row.state == KernelState.STARTING:
        return time.time() - row.state_since > life.services.settings.kernel_start_timeout_s
    asked = row.runtime_ref.get(INTENT) != row.intent_nonce
    return row.state == KernelState.STOPPED or (row.state == KernelState.ERROR and asked)


def bide(life: Life, row: Kernel, trouble: str) -> None:
    """Show that it waits, or that it waited too long. The caller holds the kernel's lock.

    ``trouble``: why nothing can be found out about it, for people.
    """
    if not waits(life, row):
        return
    if row.desired_state != DesiredState.RUNNING:
        # The row first: who makes users again after a restart of Redis looks there.
        state = KernelState.STOPPING if row.state in STOPS else None
        change(life, row.uid, state, redis_password_sha256=None)
        delete_user(life, row.uid)
    elif row.state == KernelState.STARTING:
        restarting.not_started(life, row, KernelStartFailed(trouble))
    else:
        change(life, row.uid, KernelState.STARTING, runtime_ref={}, error=None)
