"""What every runtime of kernels does. Called by the lifecycle worker alone, once per kernel at a time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from broker_config.wire.messages import Boot, BrokerAddress, Limits
from tasks.environments.locks import Lock
from tasks.environments.question import Wanted

Network = Literal["internet", "isolated"]

ANNOUNCEMENT = signal.SIGURG
"""Sent to a kernel's init before a stop: its cell is then cancelled. One that is not told so was stopped from
outside, and its cell has failed. A signal, since Redis may be away; by default it does nothing."""

Ref = dict[str, Any]
"""JSON data by which a runtime finds a kernel again after its own restart; kept in the ledger."""


@dataclass(frozen=True, slots=True)
class KernelSpec:
    """What a kernel needs of its runtime. ``env``: names and values for the runner; holds secrets.

    ``broker.host`` is "" where the runtime knows it best. ``owner`` and ``intent``: ids, for labels.
    ``environment``: digest of the lock whose packages it has; None: those of its flavour.
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
    environment: str | None = None
    recovery_mode: str = "lazy"


@dataclass(frozen=True, slots=True)
class Found:
    """A kernel that lives. ``ref`` is what to keep; ``pid`` of its first process, where this host has it."""

    ref: Ref
    pid: int | None = None


class Environments(Protocol):
    """The packages of locks, as a runtime keeps them for its kernels: one environment for each digest.

    Who builds, cleans or removes one holds its lock: see ``tasks.environments.building``. Every method raises
    ``KernelStartFailed`` or ``Unavailable`` only.
    """

    def has(self, digest: str) -> bool:
        """Whether a kernel of this lock can be started now: its environment is there, and whole."""

    def build(self, lock: Lock, say: Callable[[str], None], cancelled: threading.Event) -> None:
        """Build it, unless it is there. What is left of a try that was cut off is removed first; ``say`` gets
        lines of progress.

        Raises:
            KernelStartFailed: it cannot be built, such as for want of the image; ``EnvironmentFailed`` with
                the last lines, also when it was cancelled. Nothing of it is left then.
        """

    def resolve(self, wanted: Wanted) -> Lock:
        """A lock, made where code of packages may run to learn what they need.

        Raises:
            NotAvailable: this runtime has no place that is safe for that.
            ResolutionFailed: there is no such lock, in uv's own words.
        """

    def whole(self) -> set[str]:
        """Digests of those that are whole."""

    def sizes(self) -> dict[str, int]:
        """Bytes by digest of those that are whole; measured, which takes a while."""

    def half_made(self) -> set[str]:
        """Digests of which ``clean`` may have something to remove; one that is being built is among them."""

    def clean(self, digest: str) -> None:
        """Remove what was cut off or is past."""

    def remove(self, digest: str) -> None:
        """Remove all of it, unless a kernel runs in it."""

    def bound(self) -> None:
        """Forget what was fetched, where that has become too much."""


class KernelRuntime(Protocol):
    """Starts, finds and ends kernels. Every method is idempotent and raises ``KernelStartFailed`` or
    ``Unavailable`` only."""

    name: str

    @property
    def environments(self) -> Environments:
        """The packages of its kernels' locks."""

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
        """Announce that it is Husk that ends it, ask it to end, wait up to ``timeout_s``, then ``kill``."""

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
