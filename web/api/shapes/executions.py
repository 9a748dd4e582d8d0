"""Executions as the API shows them, and as events made from the ledger."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from broker_config.wire.states import ExecutionState
from tasks.ledger.models import Execution, ExecutionOutput
from tasks.submission import AcceptedCell
from web.api.shapes.basic import LIST_END, moment
from web.validation.fields import Shape

PLAIN = (
    *("id", "node_id", "cell_id", "batch_id", "run_id", "status", "interactive", "code", "timeout_s"),
    *("execution_count", "seq", "wall_s", "cpu_s", "memory_peak_bytes", "error", "generation"),
)
BY_KIND = ("stdout", "stderr", "displays")
"""What `items` has as well."""
TIMES = ("submitted_at", "started_at", "finished_at", "cancel_requested_at", "cleared_at")


class CellErrorShape(Shape):
    """An error as data: `traceback` in lines, ANSI colours kept; `line` is the cell's own, from 1."""

    type: str
    message: str
    traceback: list[str]
    line: int | None = None


class ItemShape(Shape):
    """One piece of output in the order of writing: `stream`, `skipped` or `display`."""

    kind: str
    name: str | None = None
    text: str | None = None
    display_id: str | None = None
    title: str | None = None
    data: dict[str, Any] | None = Field(
        None, description='mime → content, or `{"ref", "size"}`: see `/executions/{id}/objects/{ref}`'
    )


class DisplayShape(Shape):
    """A display: mime → content, or a reference."""

    id: str | None
    title: str | None
    data: dict[str, Any]


class TruncatedShape(Shape):
    """What a stream lost between head and tail; `full` is the reference of the whole text, if kept."""

    name: str
    total_bytes: int
    kept_bytes: int
    full: str | None = None


class LogShape(Shape):
    """One log line; `at` in unix seconds."""

    at: float
    level: str
    message: str
    logger: str = "flowfile"


class ArtifactsShape(Shape):
    """What a cell did to artifacts."""

    published: list[Any]
    deleted: list[Any]


class ExecutionSummary(Shape):
    """An execution without its output."""

    id: str
    kernel_id: str
    flow_id: str | None
    node_id: str | None
    cell_id: str | None = Field(description="Which cell of its notebook or node it ran, where it was said")
    batch_id: str | None
    run_id: str | None = Field(description="The run of a flow that it is a node of; cells have none")
    seq: int
    status: ExecutionState
    position: int = Field(description="n-th in its queue; 0: it runs or has ended")
    interactive: bool
    code: str
    timeout_s: float | None
    execution_count: int | None
    submitted_at: str | None
    started_at: str | None
    finished_at: str | None
    cancel_requested_at: str | None
    cleared_at: str | None = Field(description="Its output and its error were erased then, for good")
    wall_s: float | None
    cpu_s: float | None
    memory_peak_bytes: int | None
    error: CellErrorShape | None
    generation: str | None
    events_url: str


class RecordedShape(ExecutionSummary):
    """An execution with all that it put out, in the order of writing."""

    items: list[ItemShape]
    truncated: list[TruncatedShape]
    logs: list[LogShape]
    outputs: list[Any]
    artifacts: ArtifactsShape


class ExecutionShape(RecordedShape):
    """An execution with all that it put out, by kind as well."""

    stdout: str
    stderr: str
    displays: list[DisplayShape]


class ExecutionOutputs(Shape):
    """Executions with their output; at most about 4 MiB of them."""

    items: list[RecordedShape]
    next: str | None = Field(description="The first that found no room: ask again from there")


class ExecutionList(Shape):
    """Executions, newest first."""

    items: list[ExecutionSummary]
    next: str | None = Field(description=LIST_END)


class Accepted(Shape):
    """A cell that was accepted: it will reach exactly one end."""

    id: str
    kernel_id: str
    status: ExecutionState
    position: int
    events_url: str


class AcceptedBatch(Shape):
    """Accepted cells, in their order."""

    batch_id: str
    executions: list[Accepted]


def events_url(execution_id: str) -> str:
    """Where an execution's events are."""
    return f"/api/v1/executions/{execution_id}/events"


def accepted(cell: AcceptedCell) -> dict[str, Any]:
    """A cell just accepted."""
    return {
        **{"id": cell.id, "kernel_id": cell.kernel_uid, "status": cell.status, "position": cell.position},
        "events_url": events_url(cell.id),
    }


def summary(row: Execution, position: int) -> dict[str, Any]:
    """An execution without its output."""
    return {
        **{name: getattr(row, name) for name in PLAIN},
        **{name: moment(getattr(row, name)) for name in TIMES},
        "kernel_id": row.kernel_uid,
        "flow_id": row.flow_id or None,
        "position": position,
        "events_url": events_url(row.id),
    }


def empty_output() -> dict[str, Any]:
    """Nothing was put out yet."""
    artifacts: dict[str, Any] = {"published": [], "deleted": []}
    return {"items": [], "truncated": [], "logs": [], "outputs": [], "artifacts": artifacts}


def output_of(row: ExecutionOutput | None) -> dict[str, Any]:
    """What the ledger has of an execution's output."""
    if row is None:
        return empty_output()
    kept = row.artifacts or {}
    artifacts = {"published": kept.get("published", []), "deleted": kept.get("deleted", [])}
    return {
        **{"items": row.items, "truncated": row.truncated, "logs": row.logs, "outputs": row.outputs},
        "artifacts": artifacts,
    }


def whole(shown: dict[str, Any], output: dict[str, Any]) -> dict[str, Any]:
    """An execution with its output: in order of writing as ``items``, and by kind."""
    items = output["items"]
    return {
        **shown,
        **output,
        "stdout": _text(items, "stdout"),
        "stderr": _text(items, "stderr"),
        "displays": [
            {"id": item.get("display_id"), "title": item.get("title"), "data": item.get("data") or {}}
            for item in items
            if item.get("kind") == "display"
        ],
    }


def _text(items: list[dict[str, Any]], name: str) -> str:
    return "".join(_piece(item) for item in items if item.get("name") == name)


def _piece(item: dict[str, Any]) -> str:
    text = str(item.get("text") or "")
    if item.get("kind") == "skipped":
        return f"\n[{text}]\n"
    return text if item.get("kind") == "stream" else ""
