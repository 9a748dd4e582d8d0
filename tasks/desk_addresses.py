"""Where a kernel finds the store: part of what is signed in a URL."""

from __future__ import annotations

from broker_config.wire.errors import Unavailable
from tasks.ledger.models import Kernel


def gateway_of(kernel: Kernel) -> str | None:
    """The address at which this kernel finds the store, where it is a container.

    Raises:
        Unavailable: it is not noted yet where its container is; it asks again.
    """
    if kernel.runtime == "process":
        return None
    gateway = kernel.runtime_ref.get("gateway")
    if not gateway:
        raise Unavailable("this kernel's network is not noted yet; ask again")
    return str(gateway)
