"""What the lists of artifacts and of the catalog hold."""

from __future__ import annotations

import datetime as dt
import html
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from broker_config.wire.flows import Artifact, CatalogEntry

T = TypeVar("T")
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class ArtifactInfo:
    """A local artifact. ``size_bytes``: as it is stored. ``created_at``: aware, in UTC.

    ``node_id``: its producer, None for a notebook's own. ``persisted``: it outlives the kernel's restart.
    """

    name: str
    type_name: str
    module: str
    node_id: str | None
    flow_id: str
    created_at: dt.datetime
    size_bytes: int
    format: str
    persisted: bool


@dataclass(frozen=True, slots=True)
class GlobalArtifactInfo:
    """One version in the catalog. ``size_bytes``: as it is stored. ``created_at``: aware, in UTC.

    ``flow_id``, ``node_id``: what published it.
    """

    id: int
    name: str
    namespace: str
    version: int
    python_type: str
    format: str
    size_bytes: int
    created_at: dt.datetime
    tags: list[str]
    description: str | None
    owner: str
    flow_id: str
    node_id: str


class Listing(list[T]):
    """A list that shows itself as a table."""

    def _repr_html_(self) -> str:
        if not self:
            return "<p>none</p>"
        names = [field.name for field in fields(self[0])]  # type: ignore[arg-type]
        head = "".join(f"<th>{name}</th>" for name in names)
        rows = "".join(
            f"<tr>{''.join(f'<td>{_cell(getattr(item, name))}</td>' for name in names)}</tr>"
            for item in self[:MOST_SHOWN]
        )
        more = f"<p>… {len(self) - MOST_SHOWN} more</p>" if len(self) > MOST_SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _cell(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list):
        return html.escape(", ".join(map(str, value)))
    return "" if value is None else html.escape(str(value))


def artifact_info(found: Artifact) -> ArtifactInfo:
    """A local artifact for people."""
    return ArtifactInfo(
        name=found.name,
        type_name=found.type_name,
        module=found.module,
        node_id=found.node_id,
        flow_id=found.flow_id,
        created_at=_time(found.created_at),
        size_bytes=found.size,
        format=found.format,
        persisted=found.persisted,
    )


def global_info(found: CatalogEntry) -> GlobalArtifactInfo:
    """A version in the catalog for people."""
    return GlobalArtifactInfo(
        id=found.id,
        name=found.name,
        namespace=found.namespace,
        version=found.version,
        python_type=found.python_type,
        format=found.format,
        size_bytes=found.size,
        created_at=_time(found.created_at),
        tags=list(found.tags),
        description=found.description,
        owner=found.owner,
        flow_id=found.flow_id,
        node_id=found.node_id,
    )


def _time(unix_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix_s, dt.UTC)
