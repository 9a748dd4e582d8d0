"""What flows made, with real objects in the store, for tests of the API: as if kernels had published it."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from broker_config.wire import names
from tasks.ledger import artifacts, outputs, users
from tasks.ledger.artifacts import CELLS, RUN, Place
from tasks.ledger.models import CatalogVersion, User
from tasks.services import Services
from tests.integration.flow_rows import KERNEL, new_artifact, publish_global
from tests.integration.ledger_rows import NOW

DATA = bytes(range(256)) * 16
DOCUMENT: dict[str, Any] = {
    "name": "late flights",
    "nodes": [
        {"id": "a", "name": "Load", "settings": {"code": "1"}},
        {"id": "b", "name": "Train", "kernel": "gpu"},
    ],
    "connections": [{"from": "a", "to": "b"}],
}
PREVIEW = {
    **{"type": "polars.DataFrame", "kind": "frame", "rows": 3, "columns_total": 1, "sampled": None},
    "columns": [
        {"name": "n", "type": "Int64", "nulls": 0, "min": 1, "max": 3, "mean": 2.0, "histogram": None}
    ],
    "head": [[1], ["<script>alert(1)</script>"]],
}
"""Of an output; what a runner says may be markup."""


def runnable(kernel: str) -> dict[str, Any]:
    """The document with a parameter, all of its nodes on one kernel."""
    nodes = [{**node, "kernel": kernel} for node in DOCUMENT["nodes"]]
    return {**DOCUMENT, "nodes": nodes, "parameters": {"year": 2013}}


class Published:
    """Makes things of one person's."""

    def __init__(self, services: Services, person: str) -> None:
        self._services = services
        with services.ledger.read() as session:
            user = users.by_name(session, person)
        assert user is not None
        self.owner: User = user

    def object(self, data: bytes = DATA, kernel: str = KERNEL) -> dict[str, Any]:
        """An object that is in the store, and what its row says of it."""
        key = f"k/{kernel}/u/{uuid.uuid4()}"
        self._services.store.put_bytes(key, data)
        return {"object_key": key, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def artifact(
        self, flow_key: str, name: str, data: bytes = DATA, scope: str = CELLS, node: str = "a", **more: Any
    ) -> None:
        """A local artifact."""
        place, execution_id = Place(self.owner.id, flow_key), names.new_execution_id(KERNEL)
        values = {"scope": scope, "node_id": node, **self.object(data), **more}
        with self._services.ledger.write() as s:
            artifacts.stage(s, [new_artifact(place, execution_id, name, **values)], NOW)
            if scope == RUN:
                artifacts.publish_run(s, place, node, execution_id, [name], [], NOW)
            else:
                artifacts.publish_cells(s, place, execution_id, [name], [], NOW)

    def output(self, flow_key: str, node: str, name: str = "main", data: bytes = DATA) -> None:
        """The latest output of a node."""
        new = outputs.NewFlowOutput(
            owner_id=self.owner.id,
            flow_key=flow_key,
            node_id=node,
            name=name,
            kernel_uid=KERNEL,
            execution_id=names.new_execution_id(KERNEL),
            rows=3,
            columns=[{"name": "n", "type": "Int64"}],
            preview=PREVIEW,
            **self.object(data),
        )
        with self._services.ledger.write() as s:
            outputs.write(s, [new], NOW)

    def version(
        self, name: str, data: bytes = DATA, namespace: str = "default", **more: Any
    ) -> CatalogVersion:
        """A version in the catalog."""
        made: CatalogVersion = publish_global(
            self._services.ledger, self.owner.id, name, namespace, **{**self.object(data), **more}
        )
        return made
