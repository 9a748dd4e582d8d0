"""Figures of the system as answers show them. ``at`` is in unix seconds, as charts take it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from web.validation.fields import Shape


class QueueKernel(Shape):
    """Whose queue it is."""

    uid: str
    name: str
    state: str


class QueueFigures(Shape):
    """A queue."""

    queue: str
    work: Literal["control", "cells", "batch"] = Field(
        description="Husk's own; people's cells; nodes of runs"
    )
    kernel: QueueKernel | None
    length: int
    oldest_s: float | None = Field(description="Since when what comes next waits; null: nothing, or unknown")
    last_tick_s: float | None = Field(
        description="Since a task of beat's came through; null: none did, or it is a kernel's"
    )


class ProcessFigures(Shape):
    """A process of the control plane. One that is gone stays here until another takes its place."""

    role: str
    host: str
    pid: int
    alive: bool
    started_at: str | None
    heartbeat_s: float | None


class KernelFigures(Shape):
    """A kernel that is not stopped."""

    uid: str
    id: str
    name: str
    owner: str
    state: str
    heartbeat_s: float | None = Field(description="Since its last heartbeat; null: none is known")
    memory_bytes: int | None
    memory_limit_bytes: int | None


class Outcomes(Shape):
    """Executions by how they ended."""

    cancelled: int
    failed: int
    lost: int
    skipped: int
    succeeded: int
    timed_out: int


class MinuteFigures(Shape):
    """What ended within one minute; minutes in which nothing did are left out."""

    at: float
    outcomes: Outcomes
    queue_p50_s: float | None
    queue_p95_s: float | None
    run_p50_s: float | None
    run_p95_s: float | None


class SampleFigures(Shape):
    """One moment. Memory in bytes, of all kernels together."""

    at: float
    used: int
    limit: int
    waiting: int
    running: int
    control: int = Field(description="Messages in Husk's own queues")


class OpenFigures(Shape):
    """Executions that have not ended, on kernels that are not stopped."""

    waiting: int
    running: int


class SystemFigures(Shape):
    """All of them. On the event stream (topic `system`) with the newest minutes and sample only."""

    at: float
    queues: list[QueueFigures] = Field(description="Husk's own, then the longest of kernels'")
    in_hand: int = Field(description="Messages that Husk's workers have taken and not finished")
    processes: list[ProcessFigures]
    kernels: list[KernelFigures] = Field(description="Those that use most memory")
    kernels_by_state: dict[str, int]
    executions_open: OpenFigures
    kernel_restarts: int
    kernel_idle_stops: int
    event_streams: int = Field(description="Of this process")
    dead_letters: int
    minutes: list[MinuteFigures]
    minutes_since: float = Field(description="From here on they are all there")
    samples: list[SampleFigures]


class LetterShape(Shape):
    """A message that nobody could read."""

    id: str
    at: str | None
    queue: str | None
    reason: str
    size: int = Field(description="Bytes of the whole message")
    text: str = Field(description="Its beginning; what is no text is escaped")


class LetterList(Shape):
    """Dead letters, the newest first."""

    items: list[LetterShape]
    next: str | None
    total: int


class Discarded(Shape):
    """How many are gone."""

    discarded: int
