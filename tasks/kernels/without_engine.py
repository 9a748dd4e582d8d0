"""A kernel that shall start while its engine is away: it is shown as starting, and not for ever."""

from __future__ import annotations

import time

from broker_config.wire.errors import EngineAbsent, KernelStartFailed
from broker_config.wire.states import DesiredState, KernelState
from tasks.kernels import restarting
from tasks.kernels.life import INTENT, Life, change
from tasks.ledger.models import Kernel


def waits(life: Life, row: Kernel) -> bool:
    """Whether ``bide`` has something to do. Kernels that run are left alone: their pulse tells of them."""
    if row.desired_state != DesiredState.RUNNING or life.pause.on():
        return False
    if row.state == KernelState.STARTING:
        return time.time() - row.state_since > life.services.settings.kernel_start_timeout_s
    asked = row.runtime_ref.get(INTENT) != row.intent_nonce
    return row.state == KernelState.STOPPED or (row.state == KernelState.ERROR and asked)


def bide(life: Life, row: Kernel, away: EngineAbsent) -> None:
    """Show that it waits, or that it waited too long. The caller holds the kernel's lock."""
    if not waits(life, row):
        return
    if row.state == KernelState.STARTING:
        restarting.not_started(life, row, KernelStartFailed(away.message))
    else:
        change(life, row.uid, KernelState.STARTING, state_since=time.time(), runtime_ref={}, error=None)
