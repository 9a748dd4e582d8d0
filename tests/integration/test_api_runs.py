"""Runs over HTTP: begun, read, followed; what is refused, and that nothing is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from broker_config.wire.states import NodeRunState, RunState
from tasks.flow_runs import run_key
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.published import DATA, Published, runnable
from tests.integration.shown_runs import ShownRuns

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]


@pytest.fixture
def flow(alice: httpx.Client, ready: dict[str, Any]) -> dict[str, Any]:
    """A saved flow of alice's on a kernel that runs: Load (a) → Train (b), with a year."""
    answer = alice.post("/flows", json=runnable(ready["uid"]))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
def shown(api: ApiServer) -> ShownRuns:
    return ShownRuns(api.services, "alice")


def begin(client: httpx.Client, flow: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = client.post(f"/flows/{flow['id']}/runs", json=body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def refused(client: httpx.Client, flow: dict[str, Any], body: Any, way: str = "runs") -> tuple[int, str]:
    answer = client.post(f"/flows/{flow['id']}/{way}", json=body)
    error = answer.json()["error"]
    return answer.status_code, error["field"] or error["code"]


@contextmanager
def following(client: httpx.Client, path: str) -> Iterator[Iterator[dict[str, Any]]]:
    """Events of a stream as data."""
    # The server ends the connection with the stream: no other request is to go over it.
    with connect_sse(client, "GET", path, headers={"Connection": "close"}) as source:
        assert source.response.status_code == 200
        yield (json.loads(event.data) for event in source.iter_sse() if event.data)


def test_a_run_is_in_the_ledger_with_its_parameters_when_it_is_accepted(
    alice: httpx.Client, flow: dict[str, Any]
) -> None:
    made = begin(alice, flow, parameters={"year": 2011}, options={"max_parallel": 3})
    assert (made["state"], made["trigger"], made["flow_name"]) == ("queued", "manual", "late flights")
    assert (made["flow_version"], made["owner"]) == (1, "alice")
    assert made["parameters"] == {"year": 2011}
    assert made["options"] == {
        **{"cache": True, "start_kernels": True, "max_parallel": 3, "timeout_s": None, "targets": []}
    }
    assert made["counts"]["pending"] == 2
    whole = alice.get(f"/runs/{made['id']}").json()
    assert [(node["node_id"], node["name"], node["state"]) for node in whole["nodes"]] == [
        *(("a", "Load", "pending"), ("b", "Train", "pending")),
    ]
    assert whole["connections"] == flow["connections"]
    assert {name: value for name, value in whole.items() if name in made} == made


def test_what_is_left_out_of_the_parameters_has_its_default(
    alice: httpx.Client, flow: dict[str, Any]
) -> None:
    assert begin(alice, flow)["parameters"] == {"year": 2013}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"parameters": {"year": "2013"}}, (422, "parameters.year")),
        ({"parameters": {"year": True}}, (422, "parameters.year")),
        ({"parameters": {"yaer": 2013}}, (422, "parameters.yaer")),
        ({"parameters": []}, (422, "parameters")),
        ({"options": {"cache": 1}}, (422, "options.cache")),
        ({"options": {"max_parallel": 0}}, (422, "options.max_parallel")),
        ({"options": {"fast": True}}, (422, "options.fast")),
        ({"options": {"targets": ["c"]}}, (422, "options.targets")),
        ({"version": 2}, (404, "not_found")),
        ({"version": 0}, (422, "version")),
        ({"version": 2**40}, (422, "version")),
        ({"idempotency_key": ""}, (422, "idempotency_key")),
        ({"trigger": "schedule"}, (422, "trigger")),
    ],
)
def test_a_run_that_is_wrong_is_refused_by_its_field_and_not_made(
    alice: httpx.Client, flow: dict[str, Any], body: Any, told: tuple[int, str]
) -> None:
    assert refused(alice, flow, body) == told
    assert alice.get(f"/runs?flow={flow['id']}").json()["items"] == []


def test_a_kernel_of_somebody_else_is_no_kernel_and_the_node_is_named(
    alice: httpx.Client, bob: httpx.Client, ready: dict[str, Any]
) -> None:
    flow = bob.post("/flows", json=runnable(ready["uid"])).json()
    answer = bob.post(f"/flows/{flow['id']}/runs", json={})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "nodes[0].kernel"
    assert "no such kernel" in answer.json()["error"]["message"]
    assert "'a'" in answer.json()["error"]["message"]


def test_the_same_key_is_the_same_run_and_of_another_flow_refused(
    alice: httpx.Client, flow: dict[str, Any], ready: dict[str, Any]
) -> None:
    key = f"once {flow['id']}"
    first = begin(alice, flow, idempotency_key=key)
    assert begin(alice, flow, idempotency_key=key)["id"] == first["id"]
    assert len(alice.get(f"/runs?flow={flow['id']}").json()["items"]) == 1
    other = alice.post("/flows", json=runnable(ready["uid"])).json()
    assert refused(alice, other, {"idempotency_key": key}) == (409, "idempotency_key")


def test_runs_are_listed_newest_first_in_pages_by_flow_state_and_group(
    alice: httpx.Client, bob: httpx.Client, admin: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    ids = [begin(alice, flow)["id"] for _ in range(3)]
    shown.end(ids[1], RunState.FAILED)
    listed, after = [], ""
    while after is not None:
        page = alice.get(f"/runs?flow={flow['id']}&limit=2{after and f'&after={after}'}").json()
        listed += [row["id"] for row in page["items"]]
        after = page["next"]
    assert listed == list(reversed(ids))
    failed = alice.get(f"/runs?flow={flow['id']}&state=failed").json()["items"]
    assert [row["id"] for row in failed] == [ids[1]]
    assert alice.get("/runs?state=ended").status_code == 422
    assert ids[0] not in bob.get("/runs?all=true").text
    assert ids[0] not in admin.get("/runs").text
    assert ids[0] in admin.get("/runs?all=true&limit=500").text
    assert bob.get(f"/runs/{ids[0]}").status_code == 404
    assert admin.get(f"/runs/{ids[0]}").json()["owner"] == "alice"


def test_a_matrix_makes_one_group_of_all_combinations_or_nothing(
    alice: httpx.Client, bob: httpx.Client, flow: dict[str, Any]
) -> None:
    answer = alice.post(f"/flows/{flow['id']}/matrix", json={"matrix": {"year": [2011, 2012, 2013]}})
    assert answer.status_code == 202, answer.text
    group = answer.json()
    assert [run["parameters"] for run in group["runs"]] == [{"year": 2011}, {"year": 2012}, {"year": 2013}]
    assert {run["group_id"] for run in group["runs"]} == {group["id"]}
    again = alice.get(f"/run-groups/{group['id']}").json()
    assert [run["id"] for run in again["runs"]] == [run["id"] for run in group["runs"]]
    assert sum(again["states"].values()) == 3
    assert bob.get(f"/run-groups/{group['id']}").status_code == 404
    listed = alice.get(f"/runs?group={group['id']}").json()["items"]
    assert len(listed) == 3
    before = len(alice.get(f"/runs?flow={flow['id']}").json()["items"])
    for body, told in (
        ({"matrix": {"year": [2011, "x"]}}, (422, "parameters.year")),
        ({"matrix": {"year": list(range(501))}}, (422, "matrix.year")),
        ({"matrix": {"year": []}}, (422, "matrix.year")),
        ({"matrix": {}}, (422, "matrix")),
        ({"matrix": {"year": [1]}, "parameters": {"year": 2}}, (422, "parameters.year")),
    ):
        assert refused(alice, flow, body, "matrix") == told
    assert len(alice.get(f"/runs?flow={flow['id']}").json()["items"]) == before


def test_a_node_is_shown_with_what_it_took_put_out_and_why_it_failed(
    api: ApiServer, alice: httpx.Client, admin: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    run = begin(alice, flow)["id"]
    task = f"{'K' * 12}-11111111-1111-4111-8111-111111111111"
    times = {"created_at": 100.0, "started_at": 102.0, "finished_at": 107.0}
    error = {"type": "ValueError", "message": "no rows", "line": 3}
    shown.node(run, "a", NodeRunState.SUCCEEDED, execution_id=task, rows_out=3, **times)
    shown.node(run, "b", NodeRunState.FAILED, 1, error=error, **times)
    shown.node(run, "b", NodeRunState.RUNNING, 2)
    Published(api.services, "alice").output(run_key(run), "a")
    a, b = alice.get(f"/runs/{run}").json()["nodes"]
    assert (a["state"], a["queued_s"], a["run_s"], a["rows_out"]) == ("succeeded", 2.0, 5.0, 3)
    assert [(one["name"], one["rows"]) for one in a["outputs"]] == [("main", 3)]
    assert (a["task_id"], a["task_url"]) == (task, None)
    assert admin.get(f"/runs/{run}").json()["nodes"][0]["task_url"] == f"/flower/task/{task}"
    assert (b["state"], b["attempt"], b["attempts"], b["error"]) == ("running", 2, 2, None)
    tried = alice.get(f"/runs/{run}/nodes/b").json()
    assert [one["state"] for one in tried["attempts"]] == ["failed", "running"]
    assert tried["attempts"][0]["error"]["message"] == "no rows"
    assert alice.get(f"/runs/{run}/nodes/c").status_code == 404
    counts = alice.get(f"/runs/{run}").json()["counts"]
    assert (counts["succeeded"], counts["running"], counts["pending"]) == (1, 1, 0)
    there = alice.get(f"/runs/{run}/outputs/a/main/preview").json()
    assert (there["rows"], there["columns"]) == (3, [{"name": "n", "type": "Int64"}])
    assert there["preview"]["head"] == [[1], ["<script>alert(1)</script>"]]
    assert alice.get(f"/runs/{run}/outputs/a/main/content").content == DATA
    assert alice.get(f"/runs/{run}/outputs/b/main/preview").status_code == 404


def test_a_run_is_cancelled_resumed_and_run_again_only_when_that_makes_sense(
    alice: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    run = begin(alice, flow, parameters={"year": 2011})["id"]
    assert alice.post(f"/runs/{run}/resume").status_code == 409
    assert alice.post(f"/runs/{run}/cancel").json()["cancel_requested_at"] is not None
    shown.end(run, RunState.CANCELLED)
    assert alice.post(f"/runs/{run}/cancel").status_code == 409
    resumed = alice.post(f"/runs/{run}/resume").json()
    assert (resumed["trigger"], resumed["resumed_from"]) == ("resume", run)
    again = alice.post(f"/runs/{run}/rerun").json()
    assert (again["trigger"], again["options"]["cache"]) == ("rerun", False)
    assert again["parameters"] == resumed["parameters"] == {"year": 2011}
    shown.end(again["id"], RunState.SUCCEEDED)
    assert alice.post(f"/runs/{again['id']}/resume").status_code == 409


def test_a_run_is_followed_to_its_end(
    api: ApiServer, alice: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    run = begin(alice, flow)["id"]
    with following(alice, f"/runs/{run}/events") as events:
        first = next(events)
        assert (first["type"], first["run_id"], first["run"]["state"]) == ("run", run, "queued")
        shown.node(run, "a", NodeRunState.RUNNING)
        seen = next(events)
        assert (seen["type"], seen["node"]["node_id"], seen["node"]["state"]) == ("node", "a", "running")
        shown.node(run, "a", NodeRunState.SUCCEEDED)
        shown.end(run, RunState.SUCCEEDED)
        rest = list(events)
    nodes = [event["node"]["state"] for event in rest if event["type"] == "node"]
    assert nodes[-1] == "succeeded"
    assert rest[-1]["run"]["state"] == "succeeded"
    with following(alice, f"/runs/{run}/events") as events:
        whole = list(events)
    assert [event["type"] for event in whole] == ["node", "run"]


def test_a_pages_stream_tells_of_its_run_and_of_all_of_ones_own(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    run = begin(alice, flow)["id"]
    with following(alice, f"/events?topics=run:{run},runs,kernels") as events:
        shown.node(run, "a", NodeRunState.RUNNING)
        of_runs = (event for event in events if event["type"] != "kernel")  # its making may be told late
        assert [next(of_runs)["type"] for _ in range(2)] == ["node", "run"]
        other = begin(alice, flow)["id"]
        shown.end(other, RunState.SUCCEEDED)
        while (event := next(events)).get("run_id") != other:
            pass
        assert event["type"] == "run"
    for topics in (f"run:{run}", f"kernels,run:{run}"):
        assert bob.get(f"/events?topics={topics}").status_code == 404
    for wrong in ("run:", "run:../x", "runs:x", ",".join(f"run:{run}" for _ in range(21))):
        assert alice.get(f"/events?topics={wrong}").status_code == 422, wrong


def test_nobody_is_told_of_somebody_elses_runs(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    mine = bob.post("/kernels", json={"id": f"k{flow['id']}"}).json()["uid"]
    his = begin(bob, bob.post("/flows", json=runnable(mine)).json())["id"]
    hers = begin(alice, flow)["id"]
    with following(bob, "/events?topics=runs") as events:
        shown.end(hers, RunState.SUCCEEDED)
        ShownRuns(api.services, "bob").end(his, RunState.SUCCEEDED)
        assert next(events)["run_id"] == his


def test_ones_old_runs_are_pruned_after_a_trial_and_an_admin_may_prune_everybodys(
    alice: httpx.Client, bob: httpx.Client, flow: dict[str, Any], shown: ShownRuns
) -> None:
    ids = [begin(alice, flow)["id"] for _ in range(4)]
    for run in ids[:3]:
        shown.end(run, RunState.SUCCEEDED)
    body = {"older_than_days": 0, "keep": 1}
    trial = alice.post("/runs/prune", json=body).json()
    assert trial["dry_run"] is True
    assert set(ids[:2]) <= set(trial["run_ids"])
    assert set(ids[2:]) & set(trial["run_ids"]) == set()
    bob.post("/runs/prune", json={**body, "dry_run": False})
    assert bob.post("/runs/prune", json={**body, "all": True}).status_code == 403
    assert alice.get(f"/runs/{ids[0]}").status_code == 200
    done = alice.post("/runs/prune", json={**body, "dry_run": False}).json()
    assert done["runs"] == trial["runs"]
    assert [alice.get(f"/runs/{run}").status_code for run in ids] == [404, 404, 200, 200]


def test_a_viewer_reads_runs_and_begins_none(api: ApiServer, flow: dict[str, Any]) -> None:
    with api.client("vera") as vera:
        assert vera.get("/runs").json() == {"items": [], "next": None}
        for path in (f"/flows/{flow['id']}/runs", f"/flows/{flow['id']}/matrix", "/runs/prune"):
            assert vera.post(path, json={}).status_code == 403, path
        for verb in ("cancel", "resume", "rerun"):
            assert vera.post(f"/runs/{'R' * 12}/{verb}").status_code == 403, verb


def test_the_schema_of_flows_is_served(alice: httpx.Client) -> None:
    schema = alice.get("/flow-schema.json").json()
    assert schema["title"] == "A flow"
    assert {"nodes", "connections", "parameters", "default_kernel", "name"} == schema["properties"].keys()
