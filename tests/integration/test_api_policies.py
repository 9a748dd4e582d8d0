"""Policies and quotas of kernels through the API: what is accepted, shown, refused."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from broker_config.wire.states import DesiredState, ExecutionState, KernelState
from tasks.kernels.broker import wake
from tasks.ledger import executions, kernels, policies
from tasks.ledger.models import Kernel
from tests.integration.access_world import World, json_of, world
from tests.integration.api_fixtures import api
from tests.integration.ledger_rows import at_once

__all__ = ["api", "world"]

KERNELS = "/api/v1/kernels"
_names = iter(range(1_000_000))


@pytest.fixture
def ann(world: World) -> FlaskClient:
    """Somebody new, who has nothing."""
    name = f"ann{next(_names)}"
    user = json_of(world.holder("admin").post("/api/v1/users", json={"name": name}))
    link = json_of(world.holder("admin").post(f"/api/v1/users/{user['id']}/link", json={}))["link"]
    client = world.app.test_client()
    client.environ_base["HTTP_X_CSRF_TOKEN"] = json_of(client.post("/api/v1/login", json={"link": link}))[
        "csrf"
    ]
    return client


def make(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    return json_of(client.post(KERNELS, json={"id": f"k{next(_names)}", **fields}))


def error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.get_json()["error"])


def fail(world: World, uid: str, **fields: Any) -> None:
    """Put it where lifecycle does with a kernel that died."""
    with world.api.services.ledger.write() as s:
        row = s.get_one(Kernel, uid)
        kernels.move(s, row, KernelState.ERROR, time.time(), error="it died", **fields)


def test_policies_are_taken_and_shown(ann: FlaskClient) -> None:
    row = make(ann, auto_restart=True, idle_timeout_s=1800)
    assert (row["auto_restart"], row["idle_timeout_s"]) == (True, 1800)
    assert (row["idle_stops_at"], row["restart_at"], row["note"], row["restarts"]) == (None, None, None, 0)
    plain = make(ann)
    assert (plain["auto_restart"], plain["idle_timeout_s"]) == (False, None)
    assert (plain["persistence"], plain["recovery_mode"]) == (True, "lazy")
    kept = make(ann, persistence=False, recovery_mode="eager")
    assert (kept["persistence"], kept["recovery_mode"]) == (False, "eager")


def test_a_kernel_tells_when_it_will_be_stopped_and_not_while_it_works(
    world: World, ann: FlaskClient
) -> None:
    row = make(ann, idle_timeout_s=600)
    url = f"{KERNELS}/{row['uid']}"
    since = world.api.make_ready(row["uid"]).state_since
    shown = datetime.fromisoformat(json_of(ann.get(url))["idle_stops_at"]).timestamp()
    assert shown == pytest.approx(since + 600, abs=0.01)
    cell = json_of(ann.post(f"{url}/executions", json={"code": "1"}))["id"]
    assert json_of(ann.get(url))["idle_stops_at"] is None
    with world.api.services.ledger.write() as s:
        executions.end(s, cell, ExecutionState.SUCCEEDED, since + 90)
    shown = datetime.fromisoformat(json_of(ann.get(url))["idle_stops_at"]).timestamp()
    assert shown == pytest.approx(since + 690, abs=0.01)
    assert json_of(ann.post(f"{url}/stop"))["idle_stops_at"] is None


def test_a_stop_without_work_is_told_and_a_cell_that_comes_then_finds_no_kernel_or_starts_it(
    world: World, ann: FlaskClient
) -> None:
    uid = make(ann, idle_timeout_s=600)["uid"]
    url = f"{KERNELS}/{uid}"
    seen = world.api.make_ready(uid)
    with world.api.services.ledger.write() as s:
        assert policies.stop_idle(s, s.get_one(Kernel, seen.uid), "stopped after 10 minutes", time.time())
    wake(world.api.services.redis, uid)
    row = json_of(ann.get(url))
    assert (row["note"], row["desired_state"]) == ("stopped after 10 minutes", "stopped")
    assert row["noted_at"]
    refused = error(ann.post(f"{url}/executions", json={"code": "1"}), 409)
    assert refused["code"] == "kernel_not_running"
    assert ann.post(f"{url}/executions", json={"code": "1", "start": True}).status_code == 202
    row = json_of(ann.get(url))
    assert (row["note"], row["desired_state"], row["queue_length"]) == (None, "running", 1)


def test_a_kernel_that_is_about_to_come_back_takes_cells_and_tells_when(
    world: World, ann: FlaskClient
) -> None:
    uid = make(ann, auto_restart=True)["uid"]
    url = f"{KERNELS}/{uid}"
    world.api.make_ready(uid)
    fail(world, uid)
    assert error(ann.post(f"{url}/executions", json={"code": "1"}), 409)["code"] == "kernel_not_running"
    with world.api.services.ledger.write() as s:
        kernels.update(s, s.get_one(Kernel, uid), restart_at=time.time() + 60, failures=2)
    row = json_of(ann.get(url))
    assert (row["state"], row["failures"]) == ("error", 2)
    assert row["restart_at"]
    assert ann.post(f"{url}/executions", json={"code": "1"}).status_code == 202
    assert json_of(ann.get(url))["desired_state"] == "running"


@pytest.mark.parametrize(
    "field",
    [
        *({"memory_gb": 1.0}, {"cpu_cores": 1.0}, {"auto_restart": True}, {"idle_timeout_s": 60}),
        *({"env": {}}, {"persistence": False}, {"recovery_mode": "eager"}, {"recovery_mode": "clear"}),
    ],
)
def test_all_but_the_name_is_changed_while_the_kernel_rests(
    world: World, ann: FlaskClient, field: dict[str, Any]
) -> None:
    uid = make(ann)["uid"]
    url = f"{KERNELS}/{uid}"
    ((name, value),) = field.items()
    changed = json_of(ann.patch(url, json=field))
    assert changed[name] == ([] if name == "env" else value)
    # It is asked to start: what it starts with stands in the row.
    ann.post(f"{url}/start")
    assert "about to start" in error(ann.patch(url, json=field), 409)["message"]
    world.api.make_ready(uid)
    assert "ready: stop it first" in error(ann.patch(url, json=field), 409)["message"]
    assert json_of(ann.patch(url, json={"name": "new"}))["name"] == "new"
    fail(world, uid, restart_at=time.time() + 60)
    assert "about to start" in error(ann.patch(url, json=field), 409)["message"]
    with world.api.services.ledger.write() as s:
        kernels.update(s, s.get_one(Kernel, uid), restart_at=None)
    assert ann.patch(url, json=field).status_code == 200


def test_an_idle_timeout_is_taken_back_by_null_and_nothing_else_is(ann: FlaskClient) -> None:
    url = f"{KERNELS}/{make(ann, idle_timeout_s=60)['uid']}"
    assert json_of(ann.patch(url, json={"idle_timeout_s": None}))["idle_timeout_s"] is None
    for name in ("auto_restart", "memory_gb", "name"):
        assert error(ann.patch(url, json={name: None}), 422)["field"] == name


def test_one_kernel_too_many_is_refused_and_leaves_nothing(
    world: World, ann: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.api.services.settings, "kernels_per_user", 2)
    for _ in range(2):
        make(ann)
    refused = error(ann.post(KERNELS, json={"id": "third"}), 409)
    assert refused["code"] == "quota"
    assert "2 kernels" in refused["message"]
    assert "delete one first" in refused["message"]
    assert len(json_of(ann.get(KERNELS))["items"]) == 2
    ids = [row["id"] for row in json_of(ann.get(KERNELS))["items"]]
    assert ann.delete(f"{KERNELS}/{ids[0]}").status_code == 202
    assert ann.post(KERNELS, json={"id": "third"}).status_code == 201


def test_more_memory_than_one_may_have_is_refused_at_create_change_start_and_with_a_cell(
    world: World, ann: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.api.services.settings, "memory_gb_per_user", 3.0)
    assert error(ann.post(KERNELS, json={"id": "big", "memory_gb": 4}), 422)["field"] == "memory_gb"
    one, two = make(ann)["uid"], make(ann)["uid"]
    assert error(ann.patch(f"{KERNELS}/{one}", json={"memory_gb": 3.5}), 422)["field"] == "memory_gb"
    assert ann.post(f"{KERNELS}/{one}/start").status_code == 202
    for verb in ("start", "restart"):
        refused = error(ann.post(f"{KERNELS}/{two}/{verb}"), 409)
        assert refused["code"] == "quota"
        assert "of 3 GB" in refused["message"]
        assert "2 GB are in use: stop another one" in refused["message"]
    refused = error(ann.post(f"{KERNELS}/{two}/executions", json={"code": "1", "start": True}), 409)
    assert refused["code"] == "quota"
    assert json_of(ann.get(f"{KERNELS}/{two}"))["desired_state"] == "stopped"
    # What runs may be asked for again, and less is enough.
    for verb in ("start", "restart"):
        assert ann.post(f"{KERNELS}/{one}/{verb}").status_code == 202
    ann.patch(f"{KERNELS}/{two}", json={"memory_gb": 1})
    assert ann.post(f"{KERNELS}/{two}/start").status_code == 202


def test_starts_at_once_do_not_pass_the_limit(
    world: World, ann: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.api.services.settings, "memory_gb_per_user", 5.0)
    uids = [make(ann)["uid"] for _ in range(6)]
    holder = json_of(ann.get("/api/v1/users/me"))["name"]
    token = world.api.new_token(holder)

    def start(number: int) -> int:
        client = world.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client.post(f"{KERNELS}/{uids[number]}/start").status_code

    assert sorted(str(status) for status in at_once(6, start)) == ["202"] * 2 + ["409"] * 4
    wanted = [json_of(ann.get(f"{KERNELS}/{uid}"))["desired_state"] for uid in uids]
    assert wanted.count(DesiredState.RUNNING) == 2


def test_a_user_sees_their_quota_and_an_admin_everybodys(
    world: World, ann: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = world.api.services.settings
    monkeypatch.setattr(settings, "memory_gb_per_user", 8.0)
    monkeypatch.setattr(settings, "kernels_per_user", 0)
    ann.post(f"{KERNELS}/{make(ann, memory_gb=1.5)['uid']}/start")
    make(ann)
    me = json_of(ann.get("/api/v1/users/me"))
    quota = {"kernels": 2, "kernels_limit": None, "memory_gb": 1.5, "memory_gb_limit": 8.0}
    assert me["quota"] == quota
    everybody = world.holder("admin").get("/api/v1/users?limit=500")
    assert {row["name"]: row["quota"] for row in json_of(everybody)["items"]}[me["name"]] == quota


def test_the_figures_count_what_was_done_by_itself(world: World, ann: FlaskClient) -> None:
    def figure(name: str) -> float:
        text = world.holder("admin").get("/api/v1/metrics").text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))

    restarts, stops = figure("husk_kernel_restarts_total"), figure("husk_kernel_idle_stops_total")
    uid = make(ann)["uid"]
    with world.api.services.ledger.write() as s:
        kernels.update(s, s.get_one(Kernel, uid), restarts=3, idle_stops=2)
    assert figure("husk_kernel_restarts_total") == restarts + 3
    assert figure("husk_kernel_idle_stops_total") == stops + 2
