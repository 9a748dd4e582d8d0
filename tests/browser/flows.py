"""A saved flow whose nodes run on the example's kernel, so that pages have something real to show."""

from __future__ import annotations

import time
from typing import Any

import httpx

PATIENCE_S = 60.0
ENDED = frozenset({"succeeded", "failed", "cancelled", "timed_out", "lost", "skipped"})
DOCUMENT: dict[str, Any] = {
    "name": "late flights",
    "nodes": [{"id": "load", "name": "Load"}, {"id": "train", "name": "Train"}],
    "connections": [{"from": "load", "to": "train"}],
}


class Flow:
    """One flow; ``run`` is one node's run."""

    def __init__(self, api: httpx.Client, kernel: str = "flights") -> None:
        self._api = api
        self._kernel = kernel
        answer = api.post("/flows", json=DOCUMENT)
        assert answer.status_code == 201, answer.text
        self.id = str(answer.json()["id"])

    def run(self, node: str, code: str) -> dict[str, Any]:
        """Run code as a node and wait for its end, which is a success."""
        body = {"code": code, "flow_id": self.id, "node_id": node, "interactive": False, "start": True}
        answer = self._api.post(f"/kernels/{self._kernel}/executions", json=body)
        assert answer.status_code == 202, answer.text
        path, deadline = f"/executions/{answer.json()['id']}", time.monotonic() + PATIENCE_S
        while True:
            found: dict[str, Any] = self._api.get(path).json()
            if found["status"] in ENDED:
                assert found["status"] == "succeeded", found["error"]
                return found
            assert time.monotonic() < deadline, found["status"]
            time.sleep(0.1)
