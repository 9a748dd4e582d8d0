"""What the API answers about flows and what they publish, as types."""

from __future__ import annotations

from typing import Any, TypedDict


class LastRun(TypedDict):
    """The run of a flow that was made last."""

    id: str
    state: str
    at: str | None


class FlowSummary(TypedDict):
    """A flow in a list: how many nodes it has, its last run, the next slot of its schedules."""

    id: str
    name: str
    version: int
    owner: str
    created_at: str | None
    updated_at: str | None
    nodes: int
    last_run: LastRun | None
    next_at: str | None


class Flow(TypedDict):
    """A flow at one version."""

    id: str
    name: str
    version: int
    owner: str
    created_at: str | None
    updated_at: str | None
    nodes: list[dict[str, Any]]
    connections: list[dict[str, Any]]
    parameters: dict[str, Any]
    default_kernel: str | None


class FlowOutput(TypedDict):
    """The latest table of a node under a name. Size in bytes."""

    node_id: str
    node_name: str
    name: str
    rows: int | None
    columns: list[dict[str, str]]
    size: int
    sha256: str
    passed_through: bool
    damaged: bool
    execution_id: str
    kernel_id: str
    created_at: str | None


class Artifact(TypedDict):
    """A local artifact. Size in bytes as it is stored."""

    name: str
    scope: str
    node_id: str
    node_name: str
    type_name: str
    module: str
    format: str
    size: int
    sha256: str
    damaged: bool
    created_at: str | None
    execution_id: str
    kernel_id: str


class Entry(TypedDict):
    """One version in the catalog; ``version`` adds its lineage."""

    id: int
    name: str
    namespace: str
    version: int
    description: str | None
    tags: list[str]
    python_type: str
    module: str
    format: str
    size: int
    sha256: str
    damaged: bool
    owner: str
    flow_id: str
    node_id: str
    created_at: str | None
    promoted_from: int | None


class LogLine(TypedDict):
    """A line that an execution logged."""

    at: str
    level: str
    logger: str
    message: str
    kernel_id: str
    flow_id: str
    node_id: str | None
    execution_id: str
