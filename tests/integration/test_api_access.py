"""Who reaches what: tokens, roles, scopes, and other people's things."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest

from tasks.services import make_services
from tests.integration.access_world import HOURLY
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.published import Published, runnable
from tests.waiting import wait_until
from web.app import make_app
from web.auth.rules import ADMINS, PUBLIC, RULES, Role

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

ANY = {
    "kernel_id": "k0",
    "flow_id": "f1",
    "token_id": "71",
    "user_id": "72",
    "session_id": "73",
    "display_id": "d1",
    "_kernel": "k0",
    "_entry": "e0",
    "path": "a.txt",
    "ref": "k/x",
    "name": "x",
    "artifact": "art1",
    "version": "1",
    "node_id": "a",
    "output": "out1",
    "_flow": "f1",
    "_run": "R" * 12,
    "_other": "R" * 12,
    "run_id": "R" * 12,
    "other_id": "R" * 12,
    "group_id": "G" * 12,
    "schedule_id": "S" * 12,
    "notebook_id": "nb-0",
    "letter_id": "L" * 12,
    "_notebook": "nb-0",
    "_node": "a",
    "execution_id": "AAAAAAAAAAAA-11111111-1111-4111-8111-111111111111",
}


NAMES = (
    *("kernel_id", "execution_id", "token_id", "user_id", "session_id", "path", "flow_id", "artifact"),
    *("run_id", "group_id", "schedule_id", "notebook_id"),
)


def routes(api: ApiServer) -> list[tuple[str, str, str]]:
    """Every (endpoint, method, path) of the URL map."""
    app = make_app(make_services(api.settings))
    return [
        (rule.endpoint, method, re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ANY[found[1]], rule.rule))
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
    ]


def test_every_route_but_the_short_list_answers_401_without_a_token(api: ApiServer) -> None:
    asked = 0
    with httpx.Client(base_url=f"http://127.0.0.1:{api.port}", timeout=10) as client:
        for endpoint, method, path in routes(api):
            answer = client.request(method, path)
            if endpoint in PUBLIC:
                assert answer.status_code != 401, (method, path)
                continue
            asked += 1
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            if method != "HEAD":
                assert answer.json()["error"]["code"] == "unauthenticated"
    assert asked > 100


def test_the_lists_of_rules_name_endpoints_that_there_are(api: ApiServer) -> None:
    endpoints = {endpoint for endpoint, _, _ in routes(api)}
    assert endpoints == PUBLIC | RULES.keys()
    assert not PUBLIC & RULES.keys()


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic abc", "Bearer husk_wrong", "husk_wrong", "Bearer " + "x" * 5000],
)
def test_a_header_that_is_no_known_token_is_401(api: ApiServer, header: str) -> None:
    answer = httpx.get(f"{api.url}/kernels", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401


def test_a_revoked_token_is_refused_within_two_seconds(api: ApiServer, alice: httpx.Client) -> None:
    made = alice.post("/tokens", json={"name": "short"}).json()
    header = {"Authorization": f"Bearer {made['token']}"}
    assert httpx.get(f"{api.url}/kernels", headers=header).status_code == 200
    assert alice.delete(f"/tokens/{made['id']}").status_code == 204
    assert httpx.get(f"{api.url}/kernels", headers=header).status_code == 401
    listed = {row["id"]: row for row in alice.get("/tokens").json()["items"]}
    assert listed[made["id"]]["revoked_at"] is not None
    assert "token" not in listed[made["id"]]


def test_an_expired_token_is_refused(api: ApiServer, alice: httpx.Client) -> None:
    made = alice.post("/tokens", json={"name": "brief", "expires_in_s": 0.3}).json()
    header = {"Authorization": f"Bearer {made['token']}"}
    wait_until(lambda: httpx.get(f"{api.url}/kernels", headers=header).status_code == 401, 3)


def test_a_token_with_scope_read_reads_and_changes_nothing(api: ApiServer, alice: httpx.Client) -> None:
    made = alice.post("/tokens", json={"name": "reader", "scope": "read"}).json()
    header = {"Authorization": f"Bearer {made['token']}"}
    assert httpx.get(f"{api.url}/kernels", headers=header).status_code == 200
    for method, path in (
        ("POST", "/kernels"),
        ("POST", "/tokens"),
        ("DELETE", "/files/a"),
        ("PUT", "/files/a"),
    ):
        assert httpx.request(method, f"{api.url}{path}", headers=header).status_code == 403


def test_a_viewer_reads_and_keeps_tokens_but_changes_nothing_else(api: ApiServer) -> None:
    with api.client("vera") as vera:
        assert vera.get("/kernels").json() == {"items": [], "next": None}
        assert vera.post("/kernels", json={"id": "mine"}).status_code == 403
        assert vera.put("/files/a.txt", content=b"x").status_code == 403
        assert vera.post("/tokens", json={"name": "own", "scope": "write"}).status_code == 403
        made = vera.post("/tokens", json={"name": "own"})
        assert made.status_code == 201
        assert made.json()["scope"] == "read"
        assert vera.delete(f"/tokens/{made.json()['id']}").status_code == 204


def test_only_admins_see_accounts_and_figures(
    api: ApiServer, alice: httpx.Client, admin: httpx.Client
) -> None:
    paths = (("GET", "/users"), ("POST", "/users"), ("POST", "/users/1/link"), ("GET", "/metrics"))
    for method, path in (*paths, ("GET", "/audit")):
        assert alice.request(method, path).status_code == 403
    assert alice.patch("/users/1", json={"disabled": True}).status_code == 404
    assert admin.get("/users").json()["items"][0]["name"] == "admin"
    assert "husk_http_requests_total" in admin.get("/metrics").text
    assert alice.get("/users/me").json()["name"] == "alice"


def test_the_key_of_prometheus_opens_the_figures_and_nothing_else(api: ApiServer) -> None:
    key = api.settings.metrics_token.get_secret_value()
    with api.client(None, headers={"Authorization": f"Bearer {key}"}) as scraper:
        assert "husk_http_requests_total" in scraper.get("/metrics").text
        assert scraper.get("/kernels").status_code == 401
        assert scraper.get("/users").status_code == 401
    with api.client(None, headers={"Authorization": f"Bearer {key}x"}) as stranger:
        assert stranger.get("/metrics").status_code == 401


def test_a_disabled_user_is_out_and_an_admin_makes_tokens_for_others(
    api: ApiServer, admin: httpx.Client, alice: httpx.Client
) -> None:
    user = admin.post("/users", json={"name": "carol"}).json()
    token = admin.post("/tokens", json={"name": "first", "user": "carol"}).json()["token"]
    header = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{api.url}/users/me", headers=header).json()["name"] == "carol"
    assert alice.post("/tokens", json={"name": "sly", "user": "carol"}).status_code == 403
    assert admin.patch(f"/users/{user['id']}", json={"disabled": True}).json()["disabled"] is True
    assert httpx.get(f"{api.url}/users/me", headers=header).status_code == 401
    assert admin.post("/users", json={"name": "carol"}).status_code == 409
    me = admin.get("/users/me").json()["id"]
    assert admin.patch(f"/users/{me}", json={"disabled": True}).status_code == 409


def test_no_account_is_called_what_the_audit_calls_husk_itself(admin: httpx.Client) -> None:
    for name in ("husk", "Husk", " HUSK "):
        answer = admin.post("/users", json={"name": name})
        assert answer.status_code == 422, name
        assert answer.json()["error"]["field"] == "name"
    assert admin.post("/users", json={"name": "husky"}).status_code == 201
    assert "husk" not in {one["name"].casefold() for one in admin.get("/users").json()["items"]}


def _patch(path: str) -> dict[str, Any]:
    bodies = {"users": {"disabled": True}, "catalog": {"description": "x"}}
    return bodies.get(path.split("/")[1], {"name": "x"})


def _answers_to(client: httpx.Client, method: str, path: str) -> httpx.Response:
    body: dict[str, Any] = {}
    if method in {"POST", "PATCH", "PUT"}:
        last = path.rsplit("/", 1)[-1]
        bodies = {
            **{"executions": {"code": "1"}, "batches": {"cells": [{"code": "1"}]}, "cancel": {}},
            **{one: {"code": "a", "cursor": 1} for one in ("complete", "inspect", "signature")},
            **{"matrix": {"matrix": {"year": [2013]}}, "shares": {"shares": []}, "hers.txt": {"restore": 1}},
        }
        bodies["schedules"] = HOURLY
        if method == "PUT" and path.startswith("/flows/"):
            bodies[last] = {"name": "x", "nodes": [], "version": 1}
        if method == "PUT" and path.startswith("/notebooks/"):
            bodies[last] = {"name": "x", "cells": [], "version": 1}
        if method != "POST" or not path.endswith("/promote"):
            body = {"json": bodies.get(last, _patch(path) if method == "PATCH" else {})}
    with client.stream(method, path, **body) as answer:
        answer.read() if answer.status_code != 200 else None
        return answer


def test_somebody_elses_things_are_404_on_every_route(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, ready: dict[str, Any]
) -> None:
    execution = alice.post(f"/kernels/{ready['id']}/executions", json={"code": "1"}).json()["id"]
    alice.put("/files/hers.txt", content=b"hers")
    token = alice.post("/tokens", json={"name": "hers"}).json()["id"]
    with api.browser("alice") as browser:
        session = browser.get("/sessions").json()["items"][-1]["id"]
    flow = alice.post("/flows", json=runnable(ready["uid"])).json()["id"]
    run = alice.post(f"/flows/{flow}/runs", json={}).json()["id"]
    group = alice.post(f"/flows/{flow}/matrix", json={"matrix": {"year": [2012]}}).json()["id"]
    hourly = alice.post(f"/flows/{flow}/schedules", json=HOURLY).json()["id"]
    published = Published(api.services, "alice")
    published.artifact(flow, "hers")
    published.output(flow, "a", ANY["output"])
    published.version("hers")
    hers_ = {"user_id": alice.get("/users/me").json()["id"], "session_id": session}
    hers_ |= {"flow_id": flow, "artifact": "hers", "run_id": run, "other_id": run, "group_id": group}
    notebook = alice.post("/notebooks", json={"name": "hers"}).json()["id"]
    hers_ |= {"schedule_id": hourly, "notebook_id": notebook}
    crossed = 0
    for ref in (ready["id"], ready["uid"]):
        values = {"kernel_id": ref, "execution_id": execution, "token_id": token, "path": "hers.txt", **hers_}
        for endpoint, method, path in routes(api):
            named = [name for name in NAMES if ANY[name] in path.split("/")]
            hers_alone = not named or RULES.get(endpoint, ADMINS).role is Role.ADMIN
            if endpoint in PUBLIC or hers_alone or method in {"OPTIONS", "HEAD"} or endpoint == "files.write":
                continue
            hers = path.removeprefix("/api/v1")
            for name in named:
                hers = hers.replace(ANY[name], str(values[name]))
            answer = _answers_to(bob, method, hers)
            assert answer.status_code == 404, (method, hers, answer.status_code)
            crossed += 1
        for path in (f"/executions?kernel={ref}", f"/events?topics=kernel:{ref}"):
            assert _answers_to(bob, "GET", path).status_code == 404
    assert crossed >= 36
    assert alice.get(f"/executions/{execution}").json()["status"] == "queued"
    assert alice.get("/files/hers.txt").content == b"hers"
    for path in (f"/flows/{flow}", f"/notebooks/{notebook}"):
        assert alice.get(path).json()["version"] == 1
    for path in (f"/flows/{flow}/artifacts/hers", "/catalog/artifacts/hers/versions/1"):
        assert alice.get(path).status_code == 200


def test_an_admin_sees_anybodys_kernel_by_its_uid(admin: httpx.Client, kernel: dict[str, Any]) -> None:
    assert admin.get(f"/kernels/{kernel['uid']}").json()["owner"] == "alice"
    assert admin.get(f"/kernels/{kernel['id']}").status_code == 404
    assert kernel["uid"] in [row["uid"] for row in admin.get("/kernels?all=true&limit=500").json()["items"]]


def test_a_stream_ends_when_its_token_is_revoked(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    made = alice.post("/tokens", json={"name": "stream"}).json()
    url, header = f"{api.url}/kernels/{ready['id']}/events", {"Authorization": f"Bearer {made['token']}"}
    with httpx.stream("GET", url, headers=header, timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        alice.delete(f"/tokens/{made['id']}")
        began = time.monotonic()
        rest = list(lines)
    assert time.monotonic() - began < 6
    assert "event: error" in rest
    assert any("unauthenticated" in line for line in rest)
