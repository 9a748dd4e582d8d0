"""What people want of a kernel, by way of ``tasks.asking``."""

from __future__ import annotations

from broker_config.wire.states import DesiredState
from tasks.asking import wish
from tasks.kernels.broker import wake
from tasks.ledger.audit import Actor
from tasks.services import Services


def settle(services: Services, uid: str, desired: DesiredState, actor: Actor, restart: bool = False) -> None:
    """Note the wish, tell lifecycle, and tell pages.

    Raises:
        NotFound: the kernel is deleted, or about to be.
    """
    wish(services, uid, desired, restart, actor)
    wake(services.redis, uid)
