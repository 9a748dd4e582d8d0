"""What one fault is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.integration.faults.evidence import Permits
from tests.integration.faults.workload import WAITING, Body, sleeping

if TYPE_CHECKING:
    from tests.integration.faults.trial import Trial

LARGE_GB = 1.0


@dataclass(frozen=True)
class Fault:
    """What happens at the moment, which ends it may bring about, and what else has to be so afterwards.

    ``first``, ``body``: code of the first cell, and of all. ``while_sending``: cells are still being sent.
    ``by_cell``: the first cell is the fault, at a moment of its own; ``strike`` comes at once.
    """

    name: str
    strike: Callable[[Trial], None]
    permits: Permits = field(default_factory=Permits)
    first: Body | None = None
    body: Body = sleeping
    memory_gb: float = LARGE_GB
    waiting: int = WAITING
    while_sending: bool = False
    by_cell: bool = False
    check: Callable[[Trial], list[str]] = lambda _trial: []
