"""Two runs beside each other: what differs, and nothing else."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from web.api.shapes.runs import RunSummary
from web.validation.fields import Shape


class PairShape(Shape):
    """A thing that differs; null: there is none on that side."""

    name: str
    left: Any
    right: Any


class CodeDifference(Shape):
    """What a node ran, cells one below the other; null: no such node."""

    left: str | None
    right: str | None


class NodeDifference(Shape):
    """What differs about a node."""

    node_id: str
    name: str
    type: str
    only: str | None = Field(description="`left` or `right`: the other flow version has no such node")
    code: CodeDifference | None = Field(description="Null: it is the same")
    settings: list[PairShape]
    inputs: list[PairShape] = Field(description="Name of the input → `node.output` that it reads, or several")
    facts: list[PairShape] = Field(
        description="state, attempt, kernel_id, lock_digest, cached_from, rows_in, rows_out, error; "
        "queued_s, run_s and memory_peak_bytes where more than a fifth apart, and 1 s, 0.25 s, 32 MiB"
    )
    outputs: list[PairShape] = Field(
        description="Tables that differ, by content: `rows`, `size`, `columns`, `sha256`"
    )
    artifacts: list[PairShape] = Field(description="Objects that differ: `type_name`, `size`, `sha256`")


class ComparisonShape(Shape):
    """Two runs. A node that is not listed is alike in both."""

    left: RunSummary
    right: RunSummary
    facts: list[PairShape] = Field(
        description="flow_id, flow_version, state, trigger, error; took_s if over a fifth and 0.5 s apart"
    )
    parameters: list[PairShape]
    options: list[PairShape]
    nodes: list[NodeDifference]
    alike: int = Field(description="Nodes that are alike")
