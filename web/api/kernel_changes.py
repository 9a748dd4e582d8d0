"""What may be changed of a kernel, and when."""

from __future__ import annotations

from typing import Any

from broker_config.wire.errors import BadField, Conflict
from broker_config.wire.states import KernelState
from tasks.ledger import kernels, quotas
from tasks.ledger.models import Kernel
from tasks.ledger.session import Session

ALWAYS = frozenset({"name"})
NULLABLE = frozenset({"idle_timeout_s"})
RESTS = frozenset({KernelState.STOPPED, KernelState.ERROR})


def check(fields: dict[str, Any], quota: quotas.Quota) -> None:
    """Raise ``BadField`` for a null that means nothing, or for more memory than one user may have."""
    nothing = next((name for name, value in fields.items() if value is None and name not in NULLABLE), None)
    if nothing is not None:
        raise BadField(f"{nothing} is left out to stay as it is; null is no value", nothing)
    if "memory_gb" in fields:
        quotas.check_size(quota, fields["memory_gb"])


def check_rests(session: Session, kernel: Kernel) -> None:
    """Raise ``Conflict`` for a kernel that runs, or is about to."""
    if quotas.holds(session, kernel.uid):
        now = "about to start" if kernel.state in RESTS else kernel.state
        raise Conflict(f"the kernel is {now}: stop it first; its name can be changed always")


def apply(session: Session, kernel: Kernel, fields: dict[str, Any]) -> Kernel:
    """Change columns; the kernel as it is then.

    Raises:
        Conflict: it runs, or is about to: all but the name is as it was at its start until its next one.
    """
    if fields.keys() - ALWAYS:
        # A start that is asked for at this moment counts the memory before or after the change.
        quotas.lock(session, kernel.owner_id)
        check_rests(session, kernel)
    return kernels.update(session, kernel, **fields) if fields else kernel
