"""Flows, their versions, and what their nodes put out, as the API tells of them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from broker_config.wire.states import RunState
from tasks.ledger.flow_overviews import Overview
from tasks.ledger.models import Flow, FlowOutput, FlowVersion
from web.api.shapes.basic import LIST_END, moment
from web.context import Web
from web.validation.fields import Shape

DOCUMENT = ("nodes", "connections", "parameters", "default_kernel")


class LastRunShape(Shape):
    """The run of a flow that was made last."""

    id: str
    state: RunState
    at: str | None = Field(description="When it began, or was asked for")


class FlowHead(Shape):
    """What is told of a flow everywhere."""

    id: str
    name: str
    version: int = Field(description="The newest; each save is one more")
    owner: str
    created_at: str | None
    updated_at: str | None


class FlowSummary(FlowHead):
    """A flow without its nodes."""

    nodes: int = Field(description="How many")
    last_run: LastRunShape | None
    next_at: str | None = Field(description="The next slot of its schedules that are not paused")


class FlowList(Shape):
    """Flows, the oldest first."""

    items: list[FlowSummary]
    next: str | None = Field(description=LIST_END)


class PositionShape(Shape):
    """Where a node stands on the canvas."""

    x: float
    y: float


class NodeShape(Shape):
    """A node. Without a `position` pages lay it out."""

    id: str
    type: str
    name: str
    kernel: str | None
    settings: dict[str, Any]
    position: PositionShape | None = None


class ConnectionShape(Shape):
    """A connection: an output of the node `from` is an input of the node `to`."""

    from_: str = Field(alias="from")
    output: str
    to: str
    input: str | None = Field(description="Null: the upstream node's name, made to fit")


class FlowDocumentShape(Shape):
    """What a flow is saved as."""

    name: str
    nodes: list[NodeShape]
    connections: list[ConnectionShape]
    parameters: dict[str, Any]
    default_kernel: str | None


class FlowShape(FlowHead, FlowDocumentShape):
    """A flow as it is at one version."""


class FlowVersionShape(Shape):
    """One save of a flow."""

    version: int
    name: str
    saved_by: str
    saved_at: str | None


class FlowVersionList(Shape):
    """Saves, the newest first."""

    items: list[FlowVersionShape]
    next: str | None = Field(description=LIST_END)


class ColumnShape(Shape):
    """A column, with its type in Polars' words."""

    name: str
    type: str


class OutputShape(Shape):
    """The latest table that a node put out under a name."""

    node_id: str
    node_name: str = Field(description="In the newest version; empty: the node is not there any more")
    name: str
    rows: int | None
    columns: list[ColumnShape]
    size: int = Field(description="Bytes of its Parquet file")
    sha256: str
    passed_through: bool = Field(description="The node published nothing: this is its first input")
    damaged: bool
    execution_id: str
    kernel_id: str
    created_at: str | None


class OutputList(Shape):
    """Outputs, by node and name."""

    items: list[OutputShape]
    next: str | None = Field(description=LIST_END)


class OutputPreview(Shape):
    """What can be seen of an output without reading it; plain data that its kernel's runner made."""

    name: str
    rows: int | None
    size: int
    columns: list[ColumnShape]
    preview: dict[str, Any] | None = Field(
        description="`columns` with figures and `head`, the first rows; `sampled`: of how many rows the "
        "figures are, null for all. Null: its kernel made none"
    )


def show_preview(row: FlowOutput) -> dict[str, Any]:
    """An ``OutputPreview``."""
    return {name: getattr(row, name) for name in ("name", "rows", "size", "columns", "preview")}


def summary(web: Web, flow: Flow, overview: Overview) -> dict[str, Any]:
    """A ``FlowSummary``."""
    run = overview.last_run
    last = (
        None
        if run is None
        else {"id": run.id, "state": run.state, "at": moment(run.started_at or run.created_at)}
    )
    return {
        **_head(web, flow),
        "nodes": overview.nodes,
        "last_run": last,
        "next_at": moment(overview.next_at),
    }


def _head(web: Web, flow: Flow) -> dict[str, Any]:
    return {
        **{name: getattr(flow, name) for name in ("id", "name", "version")},
        "owner": web.owners.name(flow.owner_id),
        "created_at": moment(flow.created_at),
        "updated_at": moment(flow.updated_at),
    }


def show(web: Web, flow: Flow, version: FlowVersion) -> dict[str, Any]:
    """A ``FlowShape``, at that version."""
    at_version = {"name": version.name, "version": version.version, "updated_at": moment(version.saved_at)}
    return {**_head(web, flow), **at_version, **{name: version.document[name] for name in DOCUMENT}}


def show_version(web: Web, version: FlowVersion) -> dict[str, Any]:
    """A ``FlowVersionShape``."""
    return {
        "version": version.version,
        "name": version.name,
        "saved_by": "" if version.saved_by is None else web.owners.name(version.saved_by),
        "saved_at": moment(version.saved_at),
    }


def show_output(row: FlowOutput, node_name: str) -> dict[str, Any]:
    """An ``OutputShape``."""
    plain = ("node_id", "name", "rows", "columns", "size", "sha256", "passed_through", "damaged")
    return {
        **{name: getattr(row, name) for name in (*plain, "execution_id")},
        "node_name": node_name,
        "kernel_id": row.kernel_uid,
        "created_at": moment(row.created_at),
    }
