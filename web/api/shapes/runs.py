"""Runs of flows and their nodes, as the API tells of them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from broker_config.wire.states import NodeRunState, RunState
from web.api.shapes.basic import LIST_END
from web.api.shapes.flows import ColumnShape, ConnectionShape
from web.validation.fields import Shape


class CountsShape(Shape):
    """How many nodes are in which state."""

    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0
    timed_out: int = 0
    lost: int = 0
    cached: int = 0


class OptionsShape(Shape):
    """How a run was asked to go."""

    cache: bool = Field(description="Nodes may be taken from earlier runs")
    start_kernels: bool = Field(description="Stopped kernels are started, and stopped again")
    max_parallel: int = Field(description="Nodes in flight at once")
    timeout_s: float | None
    targets: list[str] = Field(description="Only these nodes and what they need; none: all")


class RunErrorShape(Shape):
    """Why a run ended as it did."""

    type: str
    message: str


class RunSummary(Shape):
    """A run without its nodes."""

    id: str
    flow_id: str
    flow_name: str
    flow_version: int
    owner: str
    state: RunState
    trigger: str = Field(description="manual, resume, rerun, schedule, file or flow")
    group_id: str | None
    resumed_from: str | None = Field(description="The run that this one goes on with")
    schedule_id: str | None
    nominal_at: str | None = Field(description="The slot of the schedule")
    parameters: dict[str, Any]
    options: OptionsShape
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    cancel_requested_at: str | None
    error: RunErrorShape | None
    counts: CountsShape


class NodeErrorShape(Shape):
    """Why a node failed; `traceback` in lines is with its execution, or here."""

    type: str
    message: str
    line: int | None = None
    traceback: list[str] | None = None


class CachedFromShape(Shape):
    """Where a node's outputs and artifacts were made."""

    run_id: str


class NodeOutputShape(Shape):
    """A table that a node put out in this run."""

    name: str
    rows: int | None
    size: int = Field(description="Bytes of its Parquet file")
    columns: list[ColumnShape]
    passed_through: bool = Field(description="The node published nothing: this is its first input")
    damaged: bool


class NodeRunShape(Shape):
    """What became of one node, by its latest attempt."""

    node_id: str
    name: str
    type: str
    state: NodeRunState
    attempt: int = Field(description="The latest; 0: none yet")
    attempts: int = Field(description="How many there were")
    kernel_id: str | None
    execution_id: str | None
    task_id: str | None = Field(description="Of the Celery task: its execution's id")
    task_url: str | None = Field(description="The task in Flower, for admins")
    queued_s: float | None
    run_s: float | None
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    cpu_s: float | None
    memory_peak_bytes: int | None
    rows_in: int | None
    rows_out: int | None
    reason: str | None = Field(description="Why it was skipped, lost or taken from another run")
    error: NodeErrorShape | None
    cached_from: CachedFromShape | None
    lock_digest: str | None = Field(description="Of its kernel's packages then")
    outputs: list[NodeOutputShape]
    artifacts: list[str]


class RunShape(RunSummary):
    """A run with its nodes, in the order of the document."""

    nodes: list[NodeRunShape]
    connections: list[ConnectionShape]
    locks: dict[str, str | None] = Field(description="Kernel → digest of the lock of its packages then")


class RunList(Shape):
    """Runs, the newest first."""

    items: list[RunSummary]
    next: str | None = Field(description=LIST_END)


class NodeAttempts(Shape):
    """A node of a run with all attempts at it, the first first."""

    node: NodeRunShape
    attempts: list[NodeRunShape]


class RunGroupShape(Shape):
    """Runs that were asked for together."""

    id: str
    group_id: str = Field(description="The same")
    flow_id: str
    flow_name: str
    matrix: dict[str, list[Any]] = Field(description="Parameter → its values")
    created_at: str | None
    states: dict[str, int] = Field(description="How many runs are in which state")
    runs: list[RunSummary]


class PruneReport(Shape):
    """What was deleted, or with `dry_run` would be."""

    dry_run: bool
    runs: int
    executions: int
    objects: int = Field(description="That no other run and no flow names")
    bytes: int = Field(description="Of these objects")
    run_ids: list[str] = Field(description="The first of them")
