"""Every change leaves an event, in its own transaction, and no secret with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from broker_config import keys
from broker_config.wire.errors import Unavailable
from broker_config.wire.states import RunState
from tasks.figures import letters
from tasks.ledger import audit
from tests.integration.access_world import Things, World, json_of, world
from tests.integration.api_fixtures import api
from tests.integration.api_routes import Route, routes
from tests.integration.shown_runs import ShownRuns

__all__ = ["api", "world"]

ASKS = frozenset(
    {
        *("namespaces.complete", "namespaces.inspect", "namespaces.signature"),
        *("flower.tasks", "environments.resolve"),
        *("schedules.preview", "flow_texts.parse"),
    }
)
"""Questions that come by POST, and change nothing."""
ELSEWHERE = frozenset({"environments.relock"})
"""Needs a lifecycle worker: in test_api_environments.py."""
ACTIONS = {
    "kernels.create": "kernel.create",
    "kernels.change": "kernel.change",
    "kernels.delete": "kernel.delete",
    "kernels.start": "kernel.start",
    "kernels.stop": "kernel.stop",
    "kernels.restart": "kernel.restart",
    "shares.replace": "kernel.share",
    "executions.submit": "execution.submit",
    "executions.submit_batch": "execution.submit",
    "executions.cancel": "execution.cancel",
    "namespaces.restart": "namespace.restart",
    "namespaces.clear_outputs": "outputs.clear",
    "files.write": "file.write",
    "files.delete": "file.delete",
    "files.restore": "file.restore",
    "flows.create": "flow.create",
    "flows.save": "flow.save",
    "flows.delete": "flow.delete",
    "notebooks.create": "notebook.create",
    "notebooks.save": "notebook.save",
    "notebooks.delete": "notebook.delete",
    "notebooks.clear_outputs": "notebook.clear_outputs",
    "notebook_files.read": "notebook.import",
    "runs.start": "run.start",
    "runs.cancel": "run.cancel",
    "runs.resume": "run.resume",
    "runs.rerun": "run.rerun",
    "runs.prune": "run.prune",
    "schedules.create": "schedule.create",
    "schedules.change": "schedule.change",
    "schedules.delete": "schedule.delete",
    "schedules.trigger": "schedule.trigger",
    "run_groups.start": "run.start_many",
    "artifacts.delete": "artifact.delete",
    "catalog.delete": "catalog.delete",
    "catalog.delete_version": "catalog.delete",
    "catalog.describe": "catalog.describe",
    "catalog.promote": "catalog.promote",
    "catalog.prune": "catalog.prune",
    "tokens.create": "token.create",
    "tokens.revoke": "token.revoke",
    "sessions.end": "session.end",
    "users.create": "user.create",
    "users.change": "user.change",
    "users.link": "user.link",
    "examples.late_flights": "example.create",
    "figures.discard": "dead_letter.discard",
    "figures.discard_all": "dead_letter.discard",
    "login.login": "login.failed",
    "login.logout": "logout",
}
SECRET = "a-secret-that-nobody-keeps"


def changing(world: World) -> list[Route]:
    return [r for r in routes(world.app) if r.changes and r.endpoint not in ASKS | ELSEWHERE]


def test_every_changing_route_is_known_here(world: World) -> None:
    assert {route.endpoint for route in changing(world)} == ACTIONS.keys()


@pytest.mark.parametrize("endpoint", ACTIONS)
def test_a_change_leaves_an_event_with_its_actor_and_request(world: World, endpoint: str) -> None:
    hers = world.things()
    # Accounts are changed by the admin, of somebody who is nobody else in these tests.
    who = "admin" if endpoint.startswith(("users.", "figures.")) else "alice"
    browser = world.browser(who)
    values = {**hers.values, **_own(world, hers, endpoint)}
    route = next(route for route in changing(world) if route.endpoint == endpoint)
    request = route.request(values)
    if endpoint == "users.create":
        request["json"] = {"name": f"made by {hers.uid}"}
    if endpoint == "kernels.create":
        request["json"] = {"id": f"made-{hers.uid}"}
    before = world.events()[0]["id"]
    answer = browser.open(**request)
    assert answer.status_code in {200, 201, 202, 204} or endpoint == "login.login", answer.text
    new = [event for event in world.events() if event["id"] > before]
    mine = [event for event in new if event["request_id"] == answer.headers["X-Request-Id"]]
    assert [event["action"] for event in mine] == [ACTIONS[endpoint]], new
    assert mine[0]["actor"] == ("" if endpoint == "login.login" else who)
    assert mine[0]["target"]


def _own(world: World, hers: Things, endpoint: str) -> dict[str, Any]:
    if endpoint.startswith("users."):
        name = f"u{len(world.events())}-{endpoint}"
        made = json_of(world.holder("admin").post("/api/v1/users", json={"name": name}))
        return {"user_id": made["id"]}
    if endpoint == "figures.discard":
        world.api.services.redis.lpush(keys.DEAD_LETTERS, letters.written("kernel.K", b"?"))
        return {"letter_id": letters.letters(world.api.services.redis, 0, 1)[0][0].id}
    if endpoint == "runs.resume":
        ShownRuns(world.api.services, "alice").end(hers.values["run_id"], RunState.FAILED)
    return {}


def test_a_login_leaves_an_event_with_who_it_was(world: World) -> None:
    world.browser("bob")
    newest = world.events()[0]
    assert (newest["action"], newest["actor"]) == ("login", "bob")


def test_what_changed_nothing_leaves_nothing(world: World) -> None:
    hers = world.things()
    before = world.events()[0]["id"]
    bob = world.holder("bob")
    for path in ("start", "stop", "restart"):
        assert bob.post(f"/api/v1/kernels/{hers.uid}/{path}").status_code == 404
    assert bob.post("/api/v1/kernels", json={"id": "../x"}).status_code == 422
    assert world.events()[0]["id"] == before


def test_a_change_whose_event_cannot_be_written_does_not_happen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = world.things()

    def fail(*_: object) -> None:
        raise Unavailable("no audit")

    monkeypatch.setattr(audit, "note", fail)
    alice = world.holder("alice")
    url = f"/api/v1/kernels/{hers.uid}"
    queued = json_of(alice.get(url))["queue_length"]
    assert alice.patch(url, json={"name": "x"}).status_code == 503
    assert alice.post(f"{url}/executions", json={"code": "1"}).status_code == 503
    assert alice.post(f"{url}/stop").status_code == 503
    assert alice.post("/api/v1/tokens", json={"name": "unheard of"}).status_code == 503
    now = json_of(alice.get(url))
    assert (now["name"], now["queue_length"], now["desired_state"]) == (now["id"], queued, "running")
    assert "unheard of" not in str(json_of(alice.get("/api/v1/tokens?limit=500")))


def test_no_secret_and_no_code_is_in_it(world: World) -> None:
    hers, alice = world.things(), world.holder("alice")
    admin = world.holder("admin")
    made = json_of(alice.post("/api/v1/tokens", json={"name": "x"}))["token"]
    url = f"/api/v1/kernels/{hers.uid}"
    alice.post("/api/v1/kernels", json={"id": f"e-{hers.uid}", "env": {"KEY": SECRET}})
    alice.post(f"{url}/executions", json={"code": f"x = '{SECRET}'"})
    alice.put("/api/v1/files/s.txt", data=SECRET.encode())
    world.app.test_client().post("/api/v1/login", json={"name": SECRET, "password": SECRET})
    world.app.test_client().post("/api/v1/login", json={"link": SECRET})
    user = json_of(admin.post("/api/v1/users", json={"name": f"p-{hers.uid}"}))["id"]
    assert admin.patch(f"/api/v1/users/{user}", json={"password": SECRET}).status_code == 200
    link = json_of(admin.post(f"/api/v1/users/{user}/link"))["link"]
    told = str(world.events())
    assert "user.change" in told
    for text in (SECRET, made, link):
        assert text not in told


def test_it_is_filtered_by_user_action_kernel_and_time(world: World) -> None:
    hers = world.things()
    admin = world.holder("admin")

    def found(query: str) -> list[dict[str, Any]]:
        return list(json_of(admin.get(f"/api/v1/audit?limit=200&{query}"))["items"])

    assert {event["actor"] for event in found("actor=alice")} == {"alice"}
    assert found("actor=nobody-of-this-name") == []
    assert {event["action"].partition(".")[0] for event in found("action=token")} == {"token"}
    assert {event["action"] for event in found("action=token.create")} == {"token.create"}
    assert found("action=tok") == found("action=%25") == []
    about = found(f"kernel={hers.uid}")
    assert {event["target"] for event in about} == {hers.uid, hers.values["execution_id"]}
    middle = about[0]["at"]
    sides = (
        found(f"kernel={hers.uid}&since={quote(middle)}"),
        found(f"kernel={hers.uid}&until={quote(middle)}"),
    )
    assert [event["id"] for side in sides for event in side] == [event["id"] for event in about]
    first = json_of(admin.get("/api/v1/audit?limit=1&actor=alice"))
    assert json_of(admin.get(f"/api/v1/audit?limit=1&actor=alice&after={first['next']}"))["items"]
    for wrong in ("since=yesterday", "actor=", "kernel=..", "until=99999-01-01", "nothing=1"):
        assert admin.get(f"/api/v1/audit?{wrong}").status_code == 422, wrong


def test_it_is_paged_newest_first_and_for_admins_alone(world: World) -> None:
    world.things()
    admin = world.holder("admin")
    page = json_of(admin.get("/api/v1/audit?limit=2"))
    rest = json_of(admin.get(f"/api/v1/audit?limit=2&after={page['next']}"))
    ids = [event["id"] for event in page["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 4
    for person in ("alice", "vera"):
        assert world.holder(person).get("/api/v1/audit").status_code == 403
