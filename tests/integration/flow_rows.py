"""Builders of flows and of what executions make in them, each in a transaction of its own."""

from __future__ import annotations

import uuid
from typing import Any

from broker_config.wire import names
from tasks import flow_documents
from tasks.ledger import artifacts, catalog, flows
from tasks.ledger.artifacts import CELLS, RUN, Place
from tasks.ledger.models import Flow, User
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW

KERNEL = "K" * 12


def document(ids: str = "ab", *edges: str, **settings: Any) -> dict[str, Any]:
    """Nodes of one letter each, connections as ``ab``; settings by node."""
    return flow_documents.validate(
        {
            "nodes": [{"id": one, "name": f"Node {one}", "settings": settings.get(one, {})} for one in ids],
            "connections": [{"from": edge[0], "to": edge[1]} for edge in edges],
        }
    )


def add_flow(ledger: Ledger, owner: User, content: dict[str, Any] | None = None, name: str = "F") -> Flow:
    with ledger.write() as s:
        return flows.create(s, owner, name, content or document(), NOW)


def upload(uid: str = KERNEL) -> str:
    """A key as kernels make them."""
    return f"k/{uid}/u/{uuid.uuid4()}"


def new_artifact(place: Place, execution_id: str, name: str, **changes: Any) -> artifacts.NewArtifact:
    values: dict[str, Any] = {
        "owner_id": place.owner_id,
        "flow_key": place.flow_key,
        "scope": CELLS,
        "name": name,
        "node_id": "a",
        "kernel_uid": KERNEL,
        "execution_id": execution_id,
        "object_key": upload(),
        "size": 3,
        "sha256": "0" * 64,
        "type_name": "int",
        "module": "builtins",
        "format": "cloudpickle",
        "meta": {},
        "preview": {"kind": "text", "text": name},
        "created_at": NOW,
    }
    return artifacts.NewArtifact(**{**values, **changes})


def publish(
    ledger: Ledger,
    place: Place,
    *published: str,
    node: str = "a",
    scope: str = CELLS,
    deleted: tuple[str, ...] = (),
    kernel: str = KERNEL,
    now: float = NOW,
) -> str:
    """Publish artifacts as one execution of a node; its id."""
    execution_id = names.new_execution_id(kernel)
    new = [
        new_artifact(place, execution_id, one, node_id=node, scope=scope, kernel_uid=kernel, created_at=now)
        for one in published
    ]
    with ledger.write() as s:
        artifacts.stage(s, new, now)
        if scope == RUN:
            artifacts.publish_run(s, place, node, execution_id, published, deleted, now)
        else:
            artifacts.publish_cells(s, place, execution_id, published, deleted, now)
    return execution_id


def maker(owner_id: int, **changes: Any) -> catalog.Maker:
    values: dict[str, Any] = {
        "owner_id": owner_id,
        "flow_id": "F" * 12,
        "flow_version": 1,
        "node_id": "a",
        "execution_id": names.new_execution_id(KERNEL),
        "kernel_uid": KERNEL,
        "code_sha256": "1" * 64,
        "lock_digest": None,
    }
    return catalog.Maker(**{**values, **changes})


def publish_global(
    ledger: Ledger, owner_id: int, name: str, namespace: str = "default", now: float = NOW, **changes: Any
) -> Any:
    """Publish a version; its row."""
    values: dict[str, Any] = {
        "description": None,
        "tags": [],
        "type_name": "int",
        "module": "builtins",
        "format": "cloudpickle",
        "meta": {},
        "preview": None,
        "inputs": [],
        "object_key": upload(),
        "size": 3,
        "sha256": "0" * 64,
    }
    with ledger.write() as s:
        ticket = catalog.prepare(s, maker(owner_id), namespace, name, now).id
    with ledger.write() as s:
        return catalog.finalize(s, ticket, catalog.NewVersion(**{**values, **changes}), now)
