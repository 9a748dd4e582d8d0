"""Kernels of one owner with a real store, recorder and desk, and a saved flow whose nodes run on them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker_config.wire.states import ExecutionState as X
from tasks.ledger import artifacts, outputs
from tasks.ledger.artifacts import Place
from tasks.ledger.models import Artifact, Execution, FlowOutput, User
from tests.integration.control_plane import ControlPlane, control_plane
from tests.integration.flow_rows import add_flow
from tests.integration.kernel_fixture import KernelUnderTest, running_kernel
from tests.integration.redis_server import RedisServer
from tests.integration.weed import Weed, weed_settings
from tests.waiting import wait_until

RUN_S = 60.0


@dataclass
class FlowWorld:
    """One owner's; ``run`` runs code as a node, ``cell`` as a person does."""

    weed: Weed
    plane: ControlPlane
    owner: User

    def flow(self, document: dict[str, Any]) -> str:
        """A saved flow of that content; its id."""
        return str(add_flow(self.plane.services.ledger, self.owner, document, f"F{time.time_ns()}").id)

    @contextmanager
    def kernel(self, **fields: Any) -> Iterator[KernelUnderTest]:
        """A kernel of the owner's that is ready."""
        row = self.plane.add_kernel(self.owner)
        with running_kernel(self.plane.server, None, uid=row.uid, **fields) as kernel:
            self.plane.until_ready(row.uid)
            yield kernel

    def start_again(self, kernel: KernelUnderTest) -> None:
        """Start a kernel that was stopped, and wait until the recorder has seen that it is ready.

        Not by its events: what recorder and desk have read is gone from them.
        """
        before = self.plane.kernel(kernel.uid).generation
        kernel.start(wait=False)
        wait_until(lambda: self.plane.kernel(kernel.uid).generation != before, 20, "a new generation")

    def send(
        self, kernel: KernelUnderTest, code: str, flow_id: str = "", node_id: str | None = None, **fields: Any
    ) -> str:
        """Submit code as a node's run; its id."""
        fields = {"interactive": False, **fields}
        return self.plane.submit(kernel.uid, code, flow_id=flow_id, node_id=node_id, **fields)[0]

    def ended(self, kernel: KernelUnderTest, execution_id: str, timeout_s: float = RUN_S) -> Execution:
        """How it ended."""
        self.plane.until_ended([execution_id], timeout_s)
        return self.plane.execution(execution_id)

    def run(
        self, kernel: KernelUnderTest, code: str, flow_id: str = "", node_id: str | None = None, **fields: Any
    ) -> str:
        """What a node's run printed; it has succeeded."""
        timeout_s = fields.pop("timeout_s", RUN_S)
        row = self.ended(kernel, self.send(kernel, code, flow_id, node_id, **fields), timeout_s)
        assert row.status == X.SUCCEEDED, f"{row.error}; log:\n{kernel.log[-4000:]}"
        return self.printed(row.id)

    def cell(self, kernel: KernelUnderTest, code: str, flow_id: str = "", node_id: str | None = None) -> str:
        """What a person's cell printed; it has succeeded."""
        return self.run(kernel, code, flow_id, node_id, interactive=True)

    def fails(
        self, kernel: KernelUnderTest, code: str, flow_id: str = "", node_id: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """The error of a run that fails."""
        row = self.ended(kernel, self.send(kernel, code, flow_id, node_id, **fields))
        assert row.status == X.FAILED, row.status
        assert row.error is not None
        return dict(row.error)

    def printed(self, execution_id: str) -> str:
        """Its standard output."""
        found = self.plane.output(execution_id)
        items = found.items if found else []
        return "".join(i["text"] for i in items if i["kind"] == "stream" and i["name"] == "stdout")

    def artifacts(self, flow_id: str, scope: str = artifacts.RUN) -> dict[str, Artifact]:
        """Artifacts of a flow that are visible, by name."""
        with self.plane.services.ledger.read() as s:
            return {row.name: row for row in artifacts.seen(s, Place(self.owner.id, flow_id), scope)}

    def outputs(self, flow_id: str) -> dict[tuple[str, str], FlowOutput]:
        """Outputs of a flow by node and name."""
        with self.plane.services.ledger.read() as s:
            return {(row.node_id, row.name): row for row in outputs.of_flow(s, self.owner.id, flow_id)}


@contextmanager
def flow_world(folder: Path) -> Iterator[FlowWorld]:
    """Redis, store, recorder and desk below ``folder``, ended afterwards."""
    settings = weed_settings(folder)
    weed, server = Weed(settings), RedisServer(folder)
    try:
        weed.start()
        shared = {name: getattr(settings, name) for name in ("s3_port", "weed_port", "s3_secret_key")}
        with control_plane(server, folder, "recorder", "desk", **shared) as plane:
            yield FlowWorld(weed, plane, plane.add_user())
    finally:
        server.kill()
        weed.kill()
        weed.sweep()
