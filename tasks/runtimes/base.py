"""What every runtime of kernels does. Called by the lifecycle worker alone, once per kernel at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from broker_config.wire.messages import Boot, BrokerAddress, Limits

Ref = dict[str, Any]
"""JSON data by which a runtime finds a kernel again after its own restart; kept in the ledger."""


@dataclass(frozen=True, slots=True)
class KernelSpec:
    """What a kernel needs of its runtime. ``env``: names and values for the runner; holds secrets."""

    uid: str
    kernel_id: str
    limits: Limits
    broker: BrokerAddress
    env: dict[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A kernel that lives. ``ref`` is what to keep; ``pid`` of its first process, where there is one."""

    ref: Ref
    pid: int | None


class KernelRuntime(Protocol):
    """Starts, finds and ends kernels. Every method is idempotent and raises ``KernelStartFailed`` or
    ``Unavailable`` only."""

    name: str

    def facts(self) -> dict[str, Any]:
        """What this runtime isolates and what not, for ``GET /runtime`` and ``husk doctor``."""

    def boot(self, spec: KernelSpec) -> Boot:
        """Make the kernel's places (folders, limits) and the message that it is started with."""

    def start(self, boot: Boot, reached: Callable[[str], None]) -> Ref:
        """Start it; ``reached`` is told ``spawned``, ``noted`` and ``booted`` between the side effects."""

    def find(self, uid: str, ref: Ref) -> Found | None:
        """The living kernel; None when it is gone. Called about twice a second per kernel."""

    def ending(self, uid: str, ref: Ref) -> str:
        """How a kernel that is gone ended: the rest of a sentence that begins with "the kernel"."""

    def log_tail(self, uid: str, lines: int) -> str:
        """The last lines of the kernel's own log; empty when there is none."""

    def stop(self, uid: str, ref: Ref, timeout_s: float) -> None:
        """Ask it to end, wait up to ``timeout_s``, then ``kill``."""

    def kill(self, uid: str, ref: Ref) -> None:
        """End everything of it now; nothing of it lives afterwards."""

    def has_journal(self, uid: str) -> bool:
        """Whether it ran before and its agent's journal is kept."""

    def purge(self, uid: str) -> None:
        """Remove everything that is kept of a kernel that does not run."""

    def list(self) -> dict[str, Ref]:
        """Every kernel that this runtime has started and that lives, also when the ledger forgot it."""
