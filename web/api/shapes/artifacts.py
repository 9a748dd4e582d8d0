"""Local artifacts as the API tells of them."""

from __future__ import annotations

from typing import Any

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
