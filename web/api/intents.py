"""What people want of a kernel, by way of ``tasks.asking``, and whether it takes cells."""

from __future__ import annotations

from broker_config.wire.states import DesiredState, KernelState
from tasks.asking import wish
from tasks.kernels.broker import wake
from tasks.ledger.models import Kernel
from tasks.services import Services


def settle(services: Services, uid: str, desired: DesiredState, restart: bool = False) -> None:
    """Note the wish, tell lifecycle, and tell pages.

    Raises:
        NotFound: the kernel is deleted, or about to be.
    """
    wish(services, uid, desired, restart)
    wake(services.redis, uid)


def takes_cells(kernel: Kernel) -> bool:
    """Whether a cell that is sent now will be run without anybody's further doing."""
    if kernel.desired_state != DesiredState.RUNNING:
        return False
    if kernel.state == KernelState.ERROR:
        return (kernel.intended_at or 0.0) > kernel.state_since
    return True
