"""What every runtime of kernels does. Called by the lifecycle worker alone, once per kernel at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from broker_config.wire.messages import Boot, BrokerAddress, Limits

Network = Literal["internet", "isolated"]

Ref = dict[str, Any]
"""JSON data by which a runtime finds a kernel again after its own restart; kept in the ledger."""


@dataclass(frozen=True, slots=True)
class KernelSpec:
    """What a kernel needs of its runtime. ``env``: names and values for the runner; holds secrets.

    ``broker.host`` is "" where the runtime knows it best. ``owner`` and ``intent``: ids, for labels.
    """

    uid: str
    kernel_id: str
    limits: Limits
    broker: BrokerAddress
    env: dict[str, str]
    owner: str = ""
    intent: str = ""
    network: Network = "internet"
    flavour: str = "base"
    gpu: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A kernel that lives. ``ref`` is what to keep; ``pid`` of its first process, where this host has it."""

    ref: Ref
    pid: int | None = None


class KernelRuntime(Protocol):
    """Starts, finds and ends kernels. Every method is idempotent and raises ``KernelStartFailed`` or
    ``Unavailable`` only."""

    name: str

    def facts(self) -> dict[str, Any]:
        """What this runtime isolates and what not, for ``GET /runtime`` and ``husk doctor``."""

    def gateways(self) -> list[str]:
        """Addresses of this host, besides loopback, at which its kernels look for Redis and S3."""

    def hear(self, stopped: threading.Event) -> None:
        """Listen for deaths until ``stopped``, where there is something to hear; a thread's body."""

    def prove(self, stopped: threading.Event) -> None:
        """Try whether this host keeps kernels to their limits, at first and when that may have changed, until
        ``stopped``; a thread's body. ``facts`` tells what came of it."""

    def boot(self, spec: KernelSpec) -> Boot:
        """Make the kernel's places (folders, limits) and the message that it is started with."""

    def start(self, boot: Boot, reached: Callable[[str], None]) -> Ref:
        """Start it; ``reached`` is told ``spawned``, ``noted`` and ``booted`` between the side effects."""

    def find(self, uid: str, ref: Ref) -> Found | None:
        """The living kernel; None when it is gone. Called about twice a second per kernel."""

    def never_began(self, uid: str, ref: Ref) -> bool:
        """Whether a kernel that is gone got no boot message, because who started it died."""

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

    def spool_bytes(self) -> dict[str, int]:
        """How much each kernel keeps, where that is bounded by a watch."""

    def tidy(self) -> None:
        """Remove what kernels share and none uses now. Called when all are stopped."""

    def purge(self, uid: str) -> None:
        """Remove everything that is kept of a kernel that does not run."""

    def list(self) -> dict[str, Ref]:
        """Every kernel that this runtime has started and that lives, also when the ledger forgot it."""
