"""Local artifacts of all flows together, with their lineage; what is said of versions; lists that follow."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from broker_config.wire import names
from tasks.ledger import catalog, logs
from tasks.ledger.artifacts import CELLS, RUN
from tasks.ledger.catalog import reading
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_follower import Follow, follow
from tests.integration.api_server import ApiServer
from tests.integration.flow_rows import maker
from tests.integration.published import DOCUMENT, Published
from tests.waiting import wait_until

__all__ = ["admin", "alice", "api", "bob", "follow", "kernel", "ready"]

_numbers = iter(range(1_000_000))


@pytest.fixture
def hers(api: ApiServer) -> Published:
    """What alice publishes."""
    return Published(api.services, "alice")


@pytest.fixture
def flow(alice: httpx.Client) -> str:
    """A saved flow of alice's."""
    return str(alice.post("/flows", json=DOCUMENT).json()["id"])


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"thing {next(_numbers)}"


def found(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/artifacts", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_artifacts_of_all_flows_come_newest_first_and_say_what_they_belong_to(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, hers: Published, flow: str, kernel: dict[str, Any]
) -> None:
    mark = f"mark-{flow}"
    hers.artifact(flow, f"{mark} model", scope=RUN, node="b")
    hers.artifact("analysis", f"{mark} cells", node="")
    hers.artifact(f"~{kernel['uid']}", f"{mark} loose", node="")
    Published(api.services, "bob").artifact("analysis", f"{mark} bob's")
    listed = found(alice, q=mark.upper())
    assert [(one["flow_id"], one["flow_kind"], one["flow_name"], one["node_name"]) for one in listed] == [
        (f"~{kernel['uid']}", "kernel", kernel["name"], ""),
        ("analysis", "cells", "", ""),
        (flow, "flow", "late flights", "Train"),
    ]
    assert [one["run_id"] for one in listed] == [None, None, None]
    assert [one["name"] for one in found(alice, q=mark, flow=f"~{kernel['uid']}")] == [f"{mark} loose"]
    assert [one["name"] for one in found(bob, q=mark)] == [f"{mark} bob's"]
    first = alice.get("/artifacts", params={"q": mark, "limit": 2}).json()
    rest = alice.get("/artifacts", params={"q": mark, "limit": 2, "after": first["next"]}).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == [one["name"] for one in listed]
    assert rest["next"] is None


def test_a_cells_artifact_hides_the_runs_and_what_is_deleted_is_in_no_list(
    alice: httpx.Client, hers: Published, flow: str
) -> None:
    hers.artifact(flow, "model", b"of a run", scope=RUN)
    hers.artifact(flow, "model", b"of a cell", scope=CELLS)
    assert [one["scope"] for one in found(alice, flow=flow)] == ["cells"]
    alice.delete(f"/flows/{flow}/artifacts/model")
    assert found(alice, flow=flow) == []


def test_what_runs_of_their_own_have_is_not_told_twice(
    alice: httpx.Client, hers: Published, flow: str
) -> None:
    hers.artifact(flow, "model", scope=RUN)
    hers.artifact(f"run:{'R' * 12}", "model", scope=RUN)
    assert len(found(alice, q="model", flow=flow)) == 1
    assert not any(one["flow_id"].startswith("run:") for one in found(alice, limit=500))


@pytest.mark.parametrize("query", ["flow=..", "flow=~", "flow=run:x", "q=", "kernel=..", "node=a", "limit=0"])
def test_a_search_for_nothing_that_can_be_is_refused(alice: httpx.Client, query: str) -> None:
    assert alice.get(f"/artifacts?{query}").status_code == 422


def test_an_artifacts_lineage_goes_both_ways(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, hers: Published, flow: str, name: str
) -> None:
    source = hers.version(f"source of {name}")
    hers.artifact(flow, name, node="a")
    path = f"/flows/{flow}/artifacts/{name}"
    execution_id = alice.get(path).json()["execution_id"]
    with api.services.ledger.write() as s:
        catalog.note_read(s, source.id, flow, "a", execution_id, 1.0)
        ticket = catalog.prepare(s, maker(hers.owner.id), "default", f"from {name}", 2e9)
        ticket.flow_id = flow
    with api.services.ledger.write() as s:
        row = catalog.get(s, ticket.id)
        assert row is not None
        values = {field: getattr(source, field) for field in ("type_name", "module", "format", "meta")}
        values |= {"description": None, "tags": [], "preview": None, "inputs": [name], **hers.object()}
        catalog.finalize(s, ticket.id, catalog.NewVersion(**values), 2e9)
    told = alice.get(f"{path}/lineage").json()
    assert told["artifact"]["name"] == name
    assert (told["artifact"]["flow_name"], told["artifact"]["node_name"]) == ("late flights", "Load")
    assert [one["name"] for one in told["read_from_catalog"]] == [f"source of {name}"]
    assert [(one["name"], one["version"]) for one in told["made_from_it"]] == [(f"from {name}", 1)]
    assert told["upstream"] == []
    assert told["downstream"] == [{"node_id": "b", "name": "Train"}]
    hers.artifact(flow, f"{name} of train", node="b")
    below = alice.get(f"/flows/{flow}/artifacts/{name} of train/lineage").json()
    assert below["upstream"] == [{"node_id": "a", "name": "Load"}]
    assert (below["downstream"], below["made_from_it"], below["kernel_name"]) == ([], [], "")
    assert bob.get(f"{path}/lineage").status_code == 404


def test_what_is_said_of_a_version_is_changed(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, hers: Published, name: str
) -> None:
    hers.version(name, tags=["old"], description="as it was")
    path = f"/catalog/artifacts/{name}/versions/1"
    told = alice.patch(path, json={"tags": [" prod ", "<b>x</b>"]}).json()
    assert (told["tags"], told["description"], told["version"]) == (["prod", "<b>x</b>"], "as it was", 1)
    assert alice.patch(path, json={"description": "two\nlines"}).json()["description"] == "two\nlines"
    assert alice.patch(path, json={"description": ""}).json()["description"] is None
    assert alice.patch(path, json={}).json()["tags"] == ["prod", "<b>x</b>"]
    assert [one["name"] for one in alice.get("/catalog/artifacts?tags=prod").json()["items"]] == [name]
    for wrong in (
        {"tags": [""]},
        {"tags": ["x" * 101]},
        {"tags": ["t"] * 51},
        {"tags": "prod"},
        {"description": "a\u202eb"},
        {"description": "x" * 10_001},
        {"version": 2},
        {"tags": ["a\nb"]},
    ):
        assert alice.patch(path, json=wrong).status_code == 422, wrong
    assert bob.patch(path, json={"tags": []}).status_code == 404
    assert alice.patch(f"{path}9", json={"tags": []}).status_code == 404
    with api.client("vera") as vera:
        assert vera.patch(path, json={"tags": []}).status_code == 403


def test_a_prune_says_how_many_go_of_how_many_names(
    api: ApiServer, alice: httpx.Client, hers: Published, name: str
) -> None:
    for _ in range(4):
        hers.version(name, namespace="steps")
    hers.version(f"{name} too", namespace="steps")
    body = {"keep": 1, "namespace": "steps"}
    old = alice.post("/catalog/prune", json={**body, "older_than_s": 30 * 86_400.0}).json()
    assert old["count"] == 4 - 1  # they are made at a moment long ago
    said = alice.post("/catalog/prune", json=body).json()
    assert (said["count"], said["names"], said["left"]) == (3, 1, 3)
    done = alice.post("/catalog/prune", json={**body, "dry_run": False}).json()
    assert (done["count"], done["left"], [one["version"] for one in done["versions"]]) == (3, 0, [1, 2, 3])
    with api.services.ledger.read() as s:
        assert reading.latest(s, hers.owner.id, "steps", name).version == 4


def test_lines_are_searched_by_run_and_time(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    flow = names.new_uid()
    cell = {"code": "1", "flow_id": flow}
    execution = alice.post(f"/kernels/{ready['id']}/executions", json=cell).json()["id"]
    lines = [{"level": "INFO", "logger": "x", "message": f"at {n}", "at": 1e9 + n} for n in range(3)]
    with api.services.ledger.write() as session:
        logs.write(session, {execution: lines})

    def messages(**query: str) -> list[str]:
        answer = alice.get("/logs", params={"flow": flow, **query})
        assert answer.status_code == 200, answer.text
        return [line["message"] for line in answer.json()["items"]]

    assert messages(since="2001-09-09T01:46:41Z") == ["at 2", "at 1"]
    assert messages(until="2001-09-09T01:46:41Z") == ["at 0"]
    assert messages(run="R" * 12) == []
    for wrong in ("since=yesterday", "until=", "run=..", "run=x"):
        assert alice.get(f"/logs?{wrong}").status_code == 422, wrong


def test_who_follows_lists_is_told_that_ones_own_changed(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, hers: Published, flow: str, follow: Follow
) -> None:
    follower = follow("/events?topics=lists")

    def changed() -> set[str]:
        return {event["list"] for event in follower.events if event["type"] == "changed"}

    Published(api.services, "bob").version("bob's")
    bob.put("/files/bobs.txt", content=b"x")
    hers.version("live")
    wait_until(lambda: changed() == {"catalog"})
    alice.put("/files/live.txt", content=b"x")
    wait_until(lambda: changed() == {"catalog", "files"})
    hers.artifact(flow, "live")
    wait_until(lambda: changed() == {"catalog", "files", "artifacts"})
    follower.close()


def test_a_topic_that_is_none_is_refused_in_words(alice: httpx.Client) -> None:
    answer = alice.get("/events?topics=list")
    assert answer.status_code == 422
    assert "`lists`" in answer.json()["error"]["message"]
