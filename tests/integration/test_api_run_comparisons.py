"""Two runs beside each other over HTTP: what differs is told, and nothing else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from broker_config.wire.states import NodeRunState, RunState
from tasks.flow_runs import run_key
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.published import DATA, Published, runnable
from tests.integration.shown_runs import ShownRuns

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

XSS = "<img src=x onerror=alert(1)>"
TIMES: dict[str, Any] = {"created_at": 100.0, "started_at": 101.0}


class Pair:
    """Two runs of one flow that ended."""

    def __init__(self, api: ApiServer, alice: httpx.Client, uid: str) -> None:
        self.alice = alice
        self.flow = alice.post("/flows", json=runnable(uid)).json()
        self.shown = ShownRuns(api.services, "alice")
        self.published = Published(api.services, "alice")

    def run(self, year: int = 2013, took_s: float = 5.0, data: bytes = DATA, **last: Any) -> str:
        made = self.shown.make(self.flow["id"], parameters={"year": year})
        done = TIMES | {"finished_at": 101.0 + took_s, "rows_out": len(data)}
        self.shown.node(made, "a", NodeRunState.SUCCEEDED, **done)
        state = last.pop("state", NodeRunState.SUCCEEDED)
        self.shown.node(made, "b", state, **{**TIMES, "finished_at": 102.0, **last})
        self.published.output(run_key(made), "a", data=data)
        self.shown.end(made, RunState.SUCCEEDED, started_at=100.0, finished_at=100.0 + took_s)
        return made

    def save(self, **change: Any) -> None:
        body = {name: self.flow[name] for name in ("name", "nodes", "connections", "parameters")} | change
        answer = self.alice.put(
            f"/flows/{self.flow['id']}", json=body, headers={"If-Match": f'"{self.flow["version"]}"'}
        )
        assert answer.status_code == 200, answer.text
        self.flow = answer.json()

    def compare(self, left: str, right: str) -> dict[str, Any]:
        answer = self.alice.get(f"/runs/{left}/compare/{right}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
def pair(api: ApiServer, alice: httpx.Client, ready: dict[str, Any]) -> Pair:
    return Pair(api, alice, ready["uid"])


def told(rows: list[dict[str, Any]]) -> dict[str, tuple[Any, Any]]:
    return {row["name"]: (row["left"], row["right"]) for row in rows}


def test_runs_that_did_the_same_have_no_difference(pair: Pair) -> None:
    left, right = pair.run(), pair.run(took_s=5.02)
    found = pair.compare(left, right)
    assert (found["left"]["id"], found["right"]["id"]) == (left, right)
    assert [found[name] for name in ("facts", "parameters", "options", "nodes")] == [[]] * 4
    assert found["alike"] == 2
    assert pair.compare(left, left)["nodes"] == []


def test_parameters_times_rows_outputs_and_errors_that_differ_are_told(pair: Pair) -> None:
    error = {"type": "ValueError", "message": XSS}
    left = pair.run()
    right = pair.run(2012, 9.0, b"other", state=NodeRunState.FAILED, error=error)
    found = pair.compare(left, right)
    assert told(found["parameters"]) == {"year": (2013, 2012)}
    assert told(found["facts"]) == {"took_s": (5.0, 9.0)}
    a, b = found["nodes"]
    assert (a["name"], a["only"], a["code"]) == ("Load", None, None)
    assert told(a["facts"]) == {"rows_out": (len(DATA), 5), "run_s": (5.0, 9.0)}
    ((name, (mine, other)),) = told(a["outputs"]).items()
    assert (name, mine["size"], other["size"]) == ("main", len(DATA), 5)
    assert told(b["facts"]) == {"state": ("succeeded", "failed"), "error": (None, f"ValueError: {XSS}")}
    assert found["alike"] == 0


def test_code_settings_inputs_and_nodes_of_other_versions_are_told(pair: Pair) -> None:
    left = pair.run()
    a, b = pair.flow["nodes"]
    cells = [{"id": "c1", "code": "1"}, {"id": "c2", "code": f"print('{XSS}')"}]
    nodes = [
        {**a, "settings": {"cells": cells, "timeout_s": 60, "view": {"x": 1, "y": 2}}},
        {**b, "id": "c", "name": "Score"},
    ]
    pair.save(nodes=nodes, connections=[{"from": "a", "to": "c"}])
    right = pair.shown.make(pair.flow["id"])
    found = pair.compare(left, right)
    assert told(found["facts"])["flow_version"] == (1, 2)
    by_id = {one["node_id"]: one for one in found["nodes"]}
    assert by_id["a"]["code"] == {"left": "1", "right": f"# %% c1\n1\n\n# %% c2\nprint('{XSS}')"}
    assert told(by_id["a"]["settings"]) == {"timeout_s": (None, 60.0)}
    assert {node: one["only"] for node, one in by_id.items()} == {"a": None, "b": "left", "c": "right"}
    assert told(by_id["c"]["inputs"]) == {"load": (None, "a.main")}


def test_runs_of_others_and_runs_that_are_gone_cannot_be_compared(
    pair: Pair, bob: httpx.Client, admin: httpx.Client
) -> None:
    mine = pair.run()
    assert bob.get(f"/runs/{mine}/compare/{mine}").status_code == 404
    assert admin.get(f"/runs/{mine}/compare/{mine}").status_code == 200
    assert pair.alice.get(f"/runs/{mine}/compare/{'x' * 12}").status_code == 404
    assert pair.alice.get(f"/runs/{'x' * 12}/compare/{mine}").status_code == 404
