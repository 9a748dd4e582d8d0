"""What a node's result depends on, as one key: the same key means the same result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from broker_config.wire.errors import NotFound
from tasks.flow_runs.looked import Look
from tasks.ledger import catalog, files
from tasks.ledger.session import Session

OF_ITS_RUNS = frozenset({"view", "retries", "timeout_s", "cache", "cells"})
"""Settings that change nothing about the result, or stand in the code."""
READ_KINDS = ("file", "catalog")


def is_wanted(look: Look, node_id: str) -> bool:
    """Whether a node's result may stand for a later one: as its settings say, else if it reads something."""
    node = look.version.nodes[node_id]
    said = node["settings"].get("cache")
    if isinstance(said, bool):
        return said
    return bool(look.version.inputs(node_id)) or _source(node) is not None


def key_of(s: Session, look: Look, node_id: str) -> str | None:
    """The key; None: it cannot be told, since something that the node reads is not there.

    Owner, flow, node, its code and settings, parameters, contents of its inputs, artifacts of what is
    upstream, and the lock of its kernel.
    """
    node, version, run = look.version.nodes[node_id], look.version, look.run
    kernel = look.kernels.get(run.kernels[node_id])
    inputs = version.inputs(node_id)
    look.know_tables(s, {one.node_id for one in inputs})
    tables = [look.tables[one.node_id].get(one.output) for one in inputs]
    source = _source(node)
    content = None if source is None else _content(s, look, source)
    if kernel is None or None in tables or (source is not None and content is None):
        return None
    said = {
        "owner": run.owner_id,
        "flow": run.flow_id,
        "node": node_id,
        "type": node["type"],
        "code": version.code(node_id),
        "settings": {k: v for k, v in node["settings"].items() if k not in OF_ITS_RUNS},
        "parameters": run.parameters,
        "inputs": [[one.name, table.sha256] for one, table in zip(inputs, tables, strict=True) if table],
        "content": content,
        "artifacts": _artifacts(s, look, node_id),
        "lock": kernel.lock_digest,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _artifacts(s: Session, look: Look, node_id: str) -> list[list[str]]:
    sums = look.know_sums(s)
    if not sums:
        return []
    above = look.version.graph.upstream(node_id)
    return sorted([node, one.name, one.sha256] for node in above for one in sums.get(node, ()))


def _source(node: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What an input node reads that may change by itself."""
    source = node["settings"].get("source") if node["type"] == "input" else None
    return source if isinstance(source, Mapping) and source.get("kind") in READ_KINDS else None


def _content(s: Session, look: Look, source: Mapping[str, Any]) -> str | None:
    """The SHA-256 of what is read; None: there is no such thing."""
    if source["kind"] == "file":
        path = source["path"]
        if isinstance(path, Mapping):
            path = look.run.parameters.get(path["parameter"])
        found = files.latest(s, look.run.owner_id, str(path))
        return found.sha256 if found is not None and found.object_key is not None else None
    try:
        namespace, name = source.get("namespace") or "default", source["name"]
        return catalog.find(s, look.run.owner_id, namespace, name, source.get("version")).sha256 or None
    except NotFound:
        return None
