"""Local artifacts as the API tells of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tasks.ledger.models import Artifact
from web.api.shapes.basic import LIST_END, moment
from web.validation.fields import Shape

ENDINGS = {"parquet": "parquet", "joblib": "joblib", "cloudpickle": "pkl"}


class ArtifactShape(Shape):
    """A local artifact: what cells of its flow read under this name."""

    name: str
    scope: str = Field(description="`run`: of the latest run that succeeded; `cells`: published by a cell")
    node_id: str = Field(description="Who owns it; empty: cells without a node")
    node_name: str
    type_name: str
    module: str
    format: str = Field(description="parquet, joblib or cloudpickle")
    size: int = Field(description="Bytes as they are stored")
    sha256: str
    damaged: bool
    created_at: str | None
    execution_id: str
    kernel_id: str


class OwnArtifactShape(ArtifactShape):
    """A local artifact, and of what."""

    flow_id: str = Field(description="As paths take it; `~` and a kernel's uid: cells there without a flow")
    flow_name: str = Field(description="Empty: cells under an id of their own")
    flow_kind: Literal["flow", "notebook", "kernel", "cells"]
    run_id: str | None = Field(description="The run that published it; null: a cell did")


class OwnArtifactList(Shape):
    """Artifacts of all flows, notebooks and loose cells, the newest first."""

    items: list[OwnArtifactShape]
    next: str | None = Field(description=LIST_END)


class NamedNode(Shape):
    """A node by its id and name."""

    node_id: str
    name: str


class NamedVersion(Shape):
    """A version in the catalog."""

    name: str
    namespace: str
    version: int
    created_at: str | None


class ArtifactLineage(Shape):
    """Where a local artifact came from, and what came of it."""

    artifact: OwnArtifactShape
    flow_version: int | None = Field(description="Of the flow in whose run it was published")
    kernel_name: str = Field(description="Empty: the kernel is gone")
    read_from_catalog: list[NamedVersion] = Field(description="What its execution had read")
    upstream: list[NamedNode] = Field(description="Nodes whose tables its node reads, as the flow is now")
    made_from_it: list[NamedVersion] = Field(description="Published by code that had read it")
    downstream: list[NamedNode] = Field(description="Nodes that read it without a warning")


class ArtifactList(Shape):
    """Artifacts, by name."""

    items: list[ArtifactShape]
    next: str | None = Field(description=LIST_END)


class PreviewShape(Shape):
    """What its publisher's runner made to look at; plain data, and never more than that."""

    preview: dict[str, Any] | None = Field(description="Null: it was published without one")


def show_artifact(row: Artifact, node_name: str) -> dict[str, Any]:
    """An ``ArtifactShape``."""
    plain = ("name", "scope", "node_id", "type_name", "module", "format", "size", "sha256", "damaged")
    return {
        **{name: getattr(row, name) for name in (*plain, "execution_id")},
        "node_name": node_name,
        "kernel_id": row.kernel_uid,
        "created_at": moment(row.created_at),
    }


def file_name(name: str, kind: str) -> str:
    """What a download of a format is called."""
    return f"{name}.{ENDINGS.get(kind, 'bin')}"
