"""Flows over HTTP: versions, lost updates, what their nodes put out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from broker_config.wire.states import RunState
from tests.integration.api_fixtures import admin, alice, api, bob
from tests.integration.api_server import ApiServer
from tests.integration.published import DATA, DOCUMENT, Published
from tests.integration.shown_runs import ShownRuns

__all__ = ["admin", "alice", "api", "bob"]


@pytest.fixture
def flow(alice: httpx.Client) -> dict[str, Any]:
    """A saved flow of alice's."""
    answer = alice.post("/flows", json=DOCUMENT)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_flow_comes_back_with_every_field_there(alice: httpx.Client, flow: dict[str, Any]) -> None:
    answer = alice.get(f"/flows/{flow['id']}")
    assert answer.json() == flow
    assert answer.headers["ETag"] == '"1"'
    assert (flow["name"], flow["version"], flow["owner"]) == ("late flights", 1, "alice")
    assert flow["nodes"][0] == {
        **{"id": "a", "type": "python_script", "name": "Load", "kernel": None},
        "settings": {"cells": [{"id": "c1", "code": "1"}]},
    }
    assert flow["connections"] == [{"from": "a", "output": "main", "to": "b", "input": None}]
    assert (flow["parameters"], flow["default_kernel"]) == ({}, None)


def test_every_save_is_a_version_that_stays_readable(alice: httpx.Client, flow: dict[str, Any]) -> None:
    path = f"/flows/{flow['id']}"
    for name in ("second", "third"):
        tag = alice.get(path).headers["ETag"]
        saved = alice.put(path, json={**DOCUMENT, "name": name}, headers={"If-Match": tag})
        assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 3
    assert saved.headers["ETag"] == '"3"'
    first = alice.get(f"{path}/versions?limit=2").json()
    rest = alice.get(f"{path}/versions?limit=2&after={first['next']}").json()
    told = [(v["version"], v["name"], v["saved_by"]) for v in first["items"] + rest["items"]]
    assert told == [(3, "third", "alice"), (2, "second", "alice"), (1, "late flights", "alice")]
    assert alice.get(f"{path}/versions/1").json()["nodes"] == flow["nodes"]
    assert alice.get(f"{path}/versions/1").json()["name"] == "late flights"
    assert alice.get(f"{path}/versions/4").status_code == 404


def test_an_update_over_somebody_elses_is_refused_and_changes_nothing(
    alice: httpx.Client, flow: dict[str, Any]
) -> None:
    path, stale = f"/flows/{flow['id']}", {"If-Match": '"1"'}
    assert alice.put(path, json={**DOCUMENT, "name": "mine"}, headers=stale).status_code == 200
    for headers, more in ((stale, {}), ({}, {"version": 1})):
        lost = alice.put(path, json={**DOCUMENT, "name": "lost", **more}, headers=headers)
        assert lost.status_code == 409, lost.text
        assert lost.json()["error"]["field"] == "version"
    assert alice.delete(path, headers=stale).status_code == 409
    assert alice.get(path).json()["name"] == "mine"
    assert alice.put(path, json=DOCUMENT, headers={"If-Match": "*"}).json()["version"] == 3
    assert alice.put(path, json={**DOCUMENT, "version": 3}).json()["version"] == 4
    unsaid = alice.put(path, json=DOCUMENT)
    assert (unsaid.status_code, unsaid.json()["error"]["field"]) == (422, "If-Match")


def test_a_circle_is_named(alice: httpx.Client) -> None:
    body = {**DOCUMENT, "connections": [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]}
    answer = alice.post("/flows", json=body)
    assert answer.status_code == 422
    message = answer.json()["error"]["message"]
    assert "Load (a)" in message
    assert "Train (b)" in message


def test_lists_are_ones_own_and_paged_and_an_admins_on_demand(
    alice: httpx.Client, bob: httpx.Client, admin: httpx.Client, flow: dict[str, Any]
) -> None:
    second = alice.post("/flows", json={"name": "second", "nodes": []}).json()
    listed, after = [], ""
    while after is not None:
        page = alice.get(f"/flows?limit=1{after and f'&after={after}'}").json()
        listed += [row["id"] for row in page["items"]]
        after = page["next"]
    assert listed[-2:] == [flow["id"], second["id"]]
    assert flow["id"] not in bob.get("/flows").text
    assert flow["id"] not in bob.get("/flows?all=true").text
    assert flow["id"] not in admin.get("/flows").text
    assert flow["id"] in admin.get("/flows?all=true&limit=500").text
    assert admin.get(f"/flows/{flow['id']}").json()["owner"] == "alice"


def test_a_deleted_flow_is_gone_with_what_it_made_and_the_catalog_keeps_its_own(
    api: ApiServer, alice: httpx.Client, flow: dict[str, Any]
) -> None:
    hers, path = Published(api.services, "alice"), f"/flows/{flow['id']}"
    hers.artifact(flow["id"], "model")
    hers.output(flow["id"], "a")
    hers.version("kept of a deleted flow")
    assert alice.delete(path).status_code == 204
    for tail in ("", "/versions", "/artifacts", "/outputs"):
        assert alice.get(path + tail).status_code == 404, tail
    assert alice.put(path, json={**DOCUMENT, "version": 1}).status_code == 404
    assert alice.delete(path).status_code == 404
    assert alice.get("/catalog/artifacts/kept of a deleted flow").status_code == 200


def test_outputs_are_listed_and_given_as_they_are(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, flow: dict[str, Any]
) -> None:
    hers, path = Published(api.services, "alice"), f"/flows/{flow['id']}/outputs"
    assert alice.get(path).json() == {"items": [], "next": None}
    for node, name in (("a", "main"), ("a", "zu spät %2F?"), ("b", "main")):
        hers.output(flow["id"], node, name)
    first = alice.get(f"{path}?limit=2").json()
    rest = alice.get(f"{path}?limit=2&after={first['next']}").json()
    rows = first["items"] + rest["items"]
    assert [(row["node_id"], row["node_name"], row["name"]) for row in rows] == [
        *(("a", "Load", "main"), ("a", "Load", "zu spät %2F?")),
        ("b", "Train", "main"),
    ]
    assert rest["next"] is None
    assert rows[0]["columns"] == [{"name": "n", "type": "Int64"}]
    assert (rows[0]["rows"], rows[0]["size"]) == (3, len(DATA))
    assert [row["node_id"] for row in alice.get(f"{path}?node=b").json()["items"]] == ["b"]
    content = alice.get(f"{path}/a/zu%20sp%C3%A4t%20%252F%3F/content")
    assert content.content == DATA
    assert content.headers["Content-Disposition"].startswith("attachment")
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    part = alice.get(f"{path}/a/main/content", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, DATA[10:20])
    for absent in ("a/other", "c/main", "a/..", "../main"):
        assert alice.get(f"{path}/{absent}/content").status_code == 404
    for theirs in (path, f"{path}/a/main/content"):
        assert bob.get(theirs).status_code == 404


YAML = """name: from a file
default_kernel: work
parameters:
  year: {type: integer, default: 2013}
nodes:
- id: a
  name: Load
  position: {x: -40, y: 12.5}
  settings:
    code: |
      x = 1
- id: b
  type: sql
  settings: {query: SELECT 1}
connections:
- {from: a, to: b, input: load}
"""


def test_a_yaml_file_is_read_by_the_server_and_saves_nothing(alice: httpx.Client) -> None:
    before = alice.get("/flows").json()["items"]
    answer = alice.post("/flows/parse", json={"text": YAML})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["name"], found["default_kernel"]) == ("from a file", "work")
    assert found["nodes"][0] == {
        **{"id": "a", "type": "python_script", "name": "Load", "kernel": None},
        "settings": {"cells": [{"id": "c1", "code": "x = 1\n"}]},
        "position": {"x": -40, "y": 12.5},
    }
    assert "position" not in found["nodes"][1]
    assert alice.get("/flows").json()["items"] == before
    made = alice.post("/flows", json=found)
    assert made.status_code == 201, made.text
    assert made.json()["nodes"] == found["nodes"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &a [1]\nb: *a\n", "anchors"),
        ("a: &a [x, x]\n" + "".join(f"{c}: &{c} [*a, *a]\n" for c in "bcdefgh"), "anchors"),
        ("!!python/object/apply:os.system ['true']\n", "tags"),
        ("name: x\nname: y\n", "twice"),
        ("name: x\n---\nname: y\n", "several documents"),
        ("- 1\n", "holds no flow"),
        ("{", "not JSON"),
        ("name: [", "not YAML"),
    ],
)
def test_a_file_that_is_more_than_data_is_refused_in_words(
    alice: httpx.Client, text: str, words: str
) -> None:
    answer = alice.post("/flows/parse", json={"text": text})
    assert answer.status_code in {400, 422}, answer.text
    assert words in answer.json()["error"]["message"]


def test_what_is_wrong_in_a_file_is_told_with_its_place(alice: httpx.Client) -> None:
    wrong = YAML.replace("x: -40", "x: 1e9")
    answer = alice.post("/flows/parse", json={"text": wrong})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "nodes[0].position.x")
    assert "node Load (a)" in answer.json()["error"]["message"]


def test_a_flow_is_given_as_a_file_and_read_again_the_same(alice: httpx.Client) -> None:
    made = alice.post("/flows", json=alice.post("/flows/parse", json={"text": YAML}).json()).json()
    for form, mime in (("yaml", "application/yaml"), ("json", "application/json")):
        file = alice.get(f"/flows/{made['id']}/file?format={form}")
        assert file.status_code == 200, file.text
        assert file.headers["Content-Type"] == f"{mime}; charset=utf-8"
        assert f"from%20a%20file.{form}" in file.headers["Content-Disposition"]
        again = alice.post("/flows/parse", json={"text": file.text, "format": form}).json()
        assert again["nodes"] == made["nodes"]
    changed = {**DOCUMENT, "name": "later", "version": 1}
    assert alice.put(f"/flows/{made['id']}", json=changed).status_code == 200
    assert alice.get(f"/flows/{made['id']}/file?version=1").text.startswith("name: from a file\n")
    assert alice.get(f"/flows/{made['id']}/file?version=9").status_code == 404


def test_a_flow_of_somebody_else_is_no_file(bob: httpx.Client, flow: dict[str, Any]) -> None:
    assert bob.get(f"/flows/{flow['id']}/file").status_code == 404


def test_the_list_tells_of_each_flow_its_nodes_last_run_and_next_slot(
    api: ApiServer, alice: httpx.Client
) -> None:
    shown = ShownRuns(api.services, "alice")
    kernel = alice.post("/kernels", json={"id": "work"}).json()["uid"]
    body = {"name": "listed", "nodes": [{"id": "a"}, {"id": "b"}], "default_kernel": kernel}
    ran, fresh = (alice.post("/flows", json=body).json()["id"] for _ in range(2))
    first, last = shown.make(ran), shown.make(ran)
    shown.end(first, RunState.SUCCEEDED)
    shown.end(last, RunState.FAILED, started_at=1_700_000_000.0)
    for every, paused in ((3600, False), (60, True), (7200, False)):
        schedule = {"name": f"{every}", "kind": "interval", "spec": {"every_s": every}, "paused": paused}
        assert alice.post(f"/flows/{ran}/schedules", json=schedule).status_code == 201
    rows = {row["id"]: row for row in alice.get("/flows").json()["items"]}
    assert rows[ran]["nodes"] == rows[fresh]["nodes"] == 2
    assert rows[ran]["last_run"] == {"id": last, "state": "failed", "at": "2023-11-14T22:13:20+00:00"}
    slots = [one["next_at"] for one in alice.get(f"/flows/{ran}/schedules").json()["items"]]
    assert rows[ran]["next_at"] == min(slot for slot in slots if slot is not None)
    assert (rows[fresh]["last_run"], rows[fresh]["next_at"]) == (None, None)
