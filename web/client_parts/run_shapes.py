"""What the API answers about runs, as types. Times in ISO 8601, lengths in seconds, sizes in bytes."""

from __future__ import annotations

from typing import Any, TypedDict


class Run(TypedDict):
    """A run without its nodes. ``counts``: node state → how many."""

    id: str
    flow_id: str
    flow_name: str
    flow_version: int
    owner: str
    state: str
    trigger: str
    group_id: str | None
    resumed_from: str | None
    schedule_id: str | None
    nominal_at: str | None
    parameters: dict[str, Any]
    options: dict[str, Any]
    created_at: str
    started_at: str | None
    finished_at: str | None
    cancel_requested_at: str | None
    error: dict[str, str] | None
    counts: dict[str, int]


class NodeRun(TypedDict):
    """What became of one node, by its latest attempt."""

    node_id: str
    name: str
    type: str
    state: str
    attempt: int
    attempts: int
    kernel_id: str | None
    execution_id: str | None
    task_id: str | None
    task_url: str | None
    queued_s: float | None
    run_s: float | None
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    cpu_s: float | None
    memory_peak_bytes: int | None
    rows_in: int | None
    rows_out: int | None
    reason: str | None
    error: dict[str, Any] | None
    cached_from: dict[str, str] | None
    lock_digest: str | None
    outputs: list[dict[str, Any]]
    artifacts: list[str]


class WholeRun(Run):
    """A run with its nodes. ``locks``: kernel → digest of its packages' lock then."""

    nodes: list[NodeRun]
    connections: list[dict[str, str | None]]
    locks: dict[str, str | None]


class RunGroup(TypedDict):
    """Runs that were asked for together."""

    id: str
    group_id: str
    flow_id: str
    flow_name: str
    matrix: dict[str, list[Any]]
    created_at: str
    states: dict[str, int]
    runs: list[Run]


class Pruned(TypedDict):
    """What was deleted, or would be."""

    dry_run: bool
    runs: int
    executions: int
    objects: int
    bytes: int
    run_ids: list[str]
