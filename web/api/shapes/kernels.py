"""Kernels as the API shows them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from broker_config.wire.errors import HuskError
from broker_config.wire.events import Pulse
from broker_config.wire.states import DesiredState, KernelState
from tasks.figures.heartbeats import newest_pulses
from tasks.kernels import policy
from tasks.ledger import executions, policies, shares
from tasks.ledger.models import Kernel, User
from tasks.ledger.session import Session
from tasks.ledger.shares import Access
from tasks.sealed import unseal
from web.api.building import newest_lines
from web.api.shapes.basic import LIST_END, moment
from web.context import Web
from web.validation.fields import Shape

PLAIN = (
    *("uid", "name", "error", "packages", "memory_gb", "cpu_cores", "gpu", "persistence", "recovery_mode"),
    *("network", "flavour", "allow_sdist", "auto_restart", "idle_timeout_s", "runtime", "desired_state"),
    *("failures", "restarts", "note", "lock_digest", "generation"),
)


class MemoryShape(Shape):
    """Working set and limit in bytes, at most a few seconds old."""

    used_bytes: int
    limit_bytes: int
    at: str


class KernelShape(Shape):
    """A kernel."""

    id: str
    uid: str = Field(description="Opaque, never reused; what `kernel_id` means everywhere")
    name: str
    owner: str
    access: Access = Field(description="What the caller may do with it")
    state: KernelState
    state_since: str | None
    desired_state: str
    asked_at: str | None = Field(
        description="When that was last asked for; later than `state_since`: not yet done"
    )
    error: str | None
    packages: list[str] = Field(description="The requirements that its lock was made from")
    lock_digest: str | None = Field(description="Its lock, which `/kernels/{id}/lock` shows")
    locked_by: str | None
    locked_at: str | None
    build_line: str | None = Field(description="In `building`: what its environment's building said last")
    memory_gb: float
    cpu_cores: float
    gpu: bool
    persistence: bool
    recovery_mode: Literal["lazy", "eager", "clear"]
    network: str
    flavour: str
    allow_sdist: bool
    auto_restart: bool
    idle_timeout_s: float | None
    env: list[str] = Field(description="Names; values are never shown again")
    generation: str | None = Field(
        description="Of its runner: variables of executions of another one are gone; null while there is none"
    )
    runtime: str
    isolated: bool = Field(description="Whether a wall stands between this kernel and its host")
    memory: MemoryShape | None
    queue_length: int
    current_execution: str | None
    created_at: str | None
    cleared_at: str | None = Field(description="When outputs of its cells were last erased")
    idle_stops_at: str | None = Field(description="When it is stopped if no cell comes; null while it works")
    restart_at: str | None = Field(description="In `error`: when it is started again by itself")
    failures: int = Field(description="In a row, of one that is restarted by itself")
    restarts: int = Field(description="How often it was started again by itself, ever")
    note: str | None = Field(description="What was done by itself since somebody last asked for something")
    noted_at: str | None
    warnings: list[str]


class KernelList(Shape):
    """Kernels by age."""

    items: list[KernelShape]
    next: str | None = Field(description=LIST_END)


@dataclass(frozen=True, slots=True)
class Work:
    """What a kernel has to do: how many wait, and what runs; ``last_end`` where an idle timeout counts."""

    waiting: int
    running: str | None
    last_end: float | None


def work_of(session: Session, kernel: Kernel) -> Work:
    """Read a kernel's work."""
    current = executions.current(session, kernel.uid)
    waiting = executions.queue_length(session, kernel.uid)
    last_end = policies.last_end(session, kernel.uid) if kernel.idle_timeout_s is not None else None
    return Work(waiting, None if current is None else current.id, last_end)


def show_all(web: Web, user: User, rows: Sequence[Kernel]) -> list[dict[str, Any]]:
    """Kernels as plain data to a user, in their order; two reads in all besides the ledger's counts.

    Who may not see one any more is shown it as to a viewer: it was theirs when this was asked.
    """
    with web.services.ledger.read() as session:
        accesses = shares.access_many(session, user, rows)
        works = [work_of(session, row) for row in rows]
    pulses = newest_pulses(web.raw, [row.uid for row in rows])
    lines = newest_lines(web.services.redis, rows)
    return [
        {
            **_show(web, row, work, pulses.get(row.uid)),
            "access": accesses[row.uid] or Access.VIEWER,
            "build_line": lines.get(row.uid),
        }
        for row, work in zip(rows, works, strict=True)
    ]


def show(web: Web, user: User, row: Kernel) -> dict[str, Any]:
    """One kernel as plain data."""
    return show_all(web, user, [row])[0]


def memory(pulse: Pulse | None) -> dict[str, Any] | None:
    """A pulse's memory as plain data."""
    if pulse is None:
        return None
    return {"used_bytes": pulse.memory_bytes, "limit_bytes": pulse.memory_limit_bytes, "at": moment(pulse.at)}


def _show(web: Web, row: Kernel, work: Work, pulse: Pulse | None) -> dict[str, Any]:
    alive = row.state in {KernelState.READY, KernelState.UNRESPONSIVE}
    executing = row.state == KernelState.READY and work.running is not None
    return {
        "id": row.slug,
        **{name: getattr(row, name) for name in PLAIN},
        "owner": web.owners.name(row.owner_id),
        "state": KernelState.EXECUTING if executing else row.state,
        "state_since": moment(row.state_since),
        "asked_at": moment(row.intended_at),
        "locked_by": None if row.locked_by is None else web.owners.name(row.locked_by),
        "locked_at": moment(row.locked_at),
        "env": _env_names(web, row),
        "isolated": row.runtime != "process",
        "memory": memory(pulse) if alive else None,
        "queue_length": work.waiting,
        "current_execution": work.running,
        "created_at": moment(row.created_at),
        "cleared_at": moment(row.cleared_at),
        "idle_stops_at": moment(_idle_stops_at(row, work)) if alive else None,
        "restart_at": moment(row.restart_at),
        "noted_at": moment(row.noted_at),
        "warnings": _warnings(row),
    }


def _idle_stops_at(row: Kernel, work: Work) -> float | None:
    if row.desired_state != DesiredState.RUNNING:
        return None
    since = policy.serving_since(row.ready_since or row.state_since, row.intended_at)
    busy = work.running is not None or work.waiting > 0
    return policy.idle_stops_at(since, work.last_end, busy, row.idle_timeout_s)


def _env_names(web: Web, row: Kernel) -> list[str]:
    if row.env_encrypted is None:
        return []
    try:
        return sorted(unseal(web.services.settings, row.env_encrypted))
    except HuskError:
        # The start says why; a list of kernels must not fail for it.
        return []


def _warnings(row: Kernel) -> list[str]:
    there = os.cpu_count() or 1
    if row.cpu_cores > there:
        return [f"{row.cpu_cores:g} CPU cores are asked for and the host has {there}: it starts with {there}"]
    return []
