"""Local artifacts as an explorer shows them: with the names of what they belong to, and their lineage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from broker_config.wire.errors import NotFound
from tasks.flow_runs.versions import VERSIONS, Version
from tasks.ledger import artifacts, kernels, runs
from tasks.ledger.artifacts import Named
from tasks.ledger.models import Artifact, CatalogVersion
from tasks.ledger.session import Session
from web.api.shapes.artifacts import show_artifact
from web.api.shapes.basic import moment

CELLS = Named("cells", "")


def show_own(s: Session, rows: Sequence[Artifact]) -> list[dict[str, Any]]:
    """``OwnArtifactShape`` of each."""
    names = artifacts.named(s, {row.flow_key for row in rows})
    versions = {key: _newest(s, key, names.get(key, CELLS)) for key in {row.flow_key for row in rows}}
    published_in = artifacts.runs_of(s, rows)
    return [
        {
            **show_artifact(row, _name_of(versions[row.flow_key], row.node_id)),
            "flow_id": row.flow_key,
            "flow_name": names.get(row.flow_key, CELLS).name,
            "flow_kind": names.get(row.flow_key, CELLS).kind,
            "run_id": published_in.get(row.execution_id),
        }
        for row in rows
    ]


def lineage(s: Session, row: Artifact) -> dict[str, Any]:
    """An ``ArtifactLineage``."""
    (shown,) = show_own(s, [row])
    flow = artifacts.named(s, [row.flow_key]).get(row.flow_key, CELLS)
    version, kernel = _newest(s, row.flow_key, flow), kernels.get(s, row.kernel_uid)
    run = None if shown["run_id"] is None else runs.get(s, shown["run_id"])
    return {
        "artifact": shown,
        "flow_version": None if run is None else run.flow_version,
        "kernel_name": "" if kernel is None or kernel.deleted_at is not None else kernel.name,
        "read_from_catalog": [_reference(one) for one in artifacts.read_before(s, row)],
        "upstream": _upstream(version, row.node_id),
        "made_from_it": [_reference(one) for one in artifacts.made_from(s, row)],
        "downstream": _downstream(version, row.node_id),
    }


def _newest(s: Session, flow_key: str, flow: Named) -> Version | None:
    if flow.version is None:
        return None
    try:
        return VERSIONS.get(s, flow_key, flow.version)
    except NotFound:
        return None


def _name_of(version: Version | None, node_id: str) -> str:
    node = None if version is None else version.nodes.get(node_id)
    return "" if node is None else str(node["name"])


def _upstream(version: Version | None, node_id: str) -> list[dict[str, str]]:
    if version is None or node_id not in version.nodes:
        return []
    inputs = {one.node_id: one.node_name for one in version.inputs(node_id)}
    return [{"node_id": key, "name": name} for key, name in inputs.items()]


def _downstream(version: Version | None, node_id: str) -> list[dict[str, str]]:
    """All nodes below, over however many others: they see it."""
    if version is None or node_id not in version.nodes:
        return []
    reached, waiting = {node_id}, [node_id]
    followers: dict[str, list[str]] = {}
    for key in version.nodes:
        for one in version.inputs(key):
            followers.setdefault(one.node_id, []).append(key)
    while waiting:
        new = [key for key in followers.get(waiting.pop(), ()) if key not in reached]
        reached.update(new)
        waiting += new
    below = [key for key in version.nodes if key in reached and key != node_id]
    return [{"node_id": key, "name": _name_of(version, key)} for key in below[: artifacts.MOST_TOLD]]


def _reference(row: CatalogVersion) -> dict[str, Any]:
    plain = ("name", "namespace", "version")
    return {**{name: getattr(row, name) for name in plain}, "created_at": moment(row.created_at)}
