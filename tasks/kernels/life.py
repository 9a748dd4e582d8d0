"""What all lifecycle work shares, and changes of a kernel's row that outlive a race."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.errors import NotFound, WrongTransition
from broker_config.wire.states import KernelState
from tasks.environments.building import Builds
from tasks.kernels import broker
from tasks.kernels.doors import Doors
from tasks.kernels.locks import Flights
from tasks.kernels.pause import Pause
from tasks.ledger import audit, kernels
from tasks.ledger.audit import Actor, Change
from tasks.ledger.models import Kernel
from tasks.runtimes.base import KernelRuntime, Ref
from tasks.runtimes.choice import for_kernel
from tasks.services import Services

TRIES = 5
BY_ITSELF = Actor(None, audit.ITSELF, "")
"""Who does what nobody asked for, in the audit."""
INTENT = "intent"
"""Key in ``runtime_ref``: the nonce of the intent for which the kernel was started or given up."""


@dataclass(slots=True)
class Life:
    """One per process. ``unwatched``: kernels not looked at yet since this process began; ``hung``: silent
    for long, as this process has seen; ``troubles``: why the last try to start a kernel failed;
    ``unmeasured``: why spools cannot be measured, which leaves their size unbounded."""

    services: Services
    runtimes: Mapping[str, KernelRuntime]
    doors: Doors
    flights: Flights
    pause: Pause
    builds: Builds
    unwatched: set[str] = field(default_factory=set)
    hung: set[str] = field(default_factory=set)
    troubles: dict[str, str] = field(default_factory=dict)
    unmeasured: str = ""

    def runtime_of(self, row: Kernel) -> KernelRuntime:
        """The runtime that a kernel was made for; it keeps it. Raises ``Unavailable``: not served here."""
        return for_kernel(self.runtimes, row.runtime)


def make_life(services: Services, *runtimes: KernelRuntime) -> Life:
    """Connects to nothing."""
    named = {runtime.name: runtime for runtime in runtimes}
    return Life(
        services,
        named,
        Doors(services),
        Flights(services.redis),
        Pause(services.settings),
        Builds(services, named),
    )


def process_of(ref: Ref) -> Ref:
    """The runtime's part of ``runtime_ref``; empty when nothing was started for the row."""
    return {name: value for name, value in ref.items() if name != INTENT}


def read(life: Life, uid: str) -> Kernel | None:
    """The row now; None when there is none or it was deleted."""
    with life.services.ledger.read() as s:
        row = kernels.get(s, uid)
    return None if row is None or row.deleted_at is not None else row


def change(
    life: Life, uid: str, state: KernelState | None = None, told: Change | None = None, **fields: Any
) -> Kernel:
    """Set fields of the row as it is now, and its state unless that is None or already so.

    ``told``: what the audit keeps of it, as something that was done by itself.

    Raises:
        NotFound: it was deleted. WrongTransition: not from the state it is in. Unavailable.
    """
    for last in (*[False] * (TRIES - 1), True):
        try:
            row = _change_once(life, uid, state, told, fields)
        except WrongTransition:
            if last:
                raise
            continue
        broker.wake(life.services.redis, uid)
        return row
    raise AssertionError("unreachable")


def _change_once(
    life: Life, uid: str, state: KernelState | None, told: Change | None, fields: dict[str, Any]
) -> Kernel:
    now = time.time()
    with life.services.ledger.write() as s:
        row = kernels.get(s, uid)
        if row is None or row.deleted_at is not None:
            raise NotFound("this kernel was deleted")
        if told is not None:
            audit.note(s, BY_ITSELF, told, now)
        if state is None or row.state == state:
            return kernels.update(s, row, **fields)
        return kernels.move(s, row, state, now, **fields)
