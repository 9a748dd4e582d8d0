"""Schedules over HTTP: made, previewed, changed, fired by hand, kept from others."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from broker_config.wire.states import RunState
from tasks import schedules as scheduling
from tasks.ledger import runs
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import ApiServer
from tests.integration.published import runnable

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

CRON = {"name": "nightly", "kind": "cron", "spec": {"cron": "30 6 * * 1-5"}, "timezone": "Europe/Amsterdam"}


@pytest.fixture
def flow(alice: httpx.Client, ready: dict[str, Any]) -> str:
    return str(alice.post("/flows", json=runnable(ready["uid"])).json()["id"])


def made(client: httpx.Client, flow: str, **changes: Any) -> dict[str, Any]:
    answer = client.post(f"/flows/{flow}/schedules", json={**CRON, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def refused(answer: httpx.Response, status: int = 422) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json()["error"])


def test_a_schedule_is_made_shown_and_listed(alice: httpx.Client, flow: str) -> None:
    shown = made(alice, flow, parameters={"year": 2012}, retries=2, timeout_s=60)
    assert shown["words"] == "every weekday at 06:30, Amsterdam"
    assert (shown["flow_id"], shown["flow_name"], shown["owner"]) == (flow, "late flights", "alice")
    assert (shown["overlap"], shown["catch_up"], shown["retries"], shown["timeout_s"]) == (
        "skip",
        "last",
        2,
        60.0,
    )
    assert (shown["paused"], shown["error"], shown["last_fire"]) == (False, None, None)
    assert shown["next_at"] is not None
    assert alice.get(f"/schedules/{shown['id']}").json() == shown
    assert alice.get(f"/flows/{flow}/schedules").json() == {"items": [shown], "next": None}
    assert shown["id"] in [one["id"] for one in alice.get("/schedules?limit=500").json()["items"]]


def test_next_slots_are_told_in_utc_and_in_local_time(alice: httpx.Client, flow: str) -> None:
    shown = made(alice, flow)
    items = alice.get(f"/schedules/{shown['id']}/next?count=9").json()["items"]
    assert len(items) == 9
    for one in items:
        local = datetime.fromisoformat(one["local"])
        assert (local.hour, local.minute, local.weekday() < 5) == (6, 30, True)
        assert local == datetime.fromisoformat(one["utc"]) == datetime.fromisoformat(one["nominal_at"])
    for count in ("0", "101", "-1", "x"):
        assert refused(alice.get(f"/schedules/{shown['id']}/next?count={count}"))["field"] == "count"


def test_a_preview_tells_words_and_slots_and_saves_nothing(alice: httpx.Client, flow: str) -> None:
    before = alice.get("/schedules?limit=500").json()
    kinds: list[tuple[str, dict[str, Any], str, int]] = [
        ("cron", {"cron": "*/15 * * * *"}, "every 15 minutes, Amsterdam", 5),
        ("interval", {"every_s": 5400}, "every 1 hour 30 minutes", 5),
        ("once", {"at": "2198-12-01T06:00:00"}, "once, on 1 December 2198 at 06:00, Amsterdam", 1),
        (
            "file",
            {"prefix": "inbox/", "pattern": "*.csv"},
            "on every new shared file below inbox/ like *.csv",
            0,
        ),
        ("flow", {"flow_id": flow}, "after every success of late flights", 0),
    ]
    for kind, spec, words, slots in kinds:
        answer = alice.post("/schedules/preview", json={**CRON, "kind": kind, "spec": spec})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["words"], len(answer.json()["items"])) == (words, slots)
    assert alice.get("/schedules?limit=500").json() == before


def test_a_pause_takes_the_next_slot_away_and_a_resume_gives_one_after_now(
    alice: httpx.Client, flow: str
) -> None:
    url = f"/schedules/{made(alice, flow, kind='interval', spec={'every_s': 60})['id']}"
    assert alice.patch(url, json={"paused": True}).json()["next_at"] is None
    resumed = alice.patch(url, json={"paused": False}).json()
    assert datetime.fromisoformat(resumed["next_at"]).timestamp() > time.time()


def test_a_change_keeps_what_it_does_not_name(alice: httpx.Client, flow: str) -> None:
    before = made(alice, flow, timeout_s=60, catch_up="all", catch_up_limit=3)
    url = f"/schedules/{before['id']}"
    after = alice.patch(
        url, json={"name": "weekly", "spec": {"cron": "0 7 * * MON"}, "overlap": "queue"}
    ).json()
    changed = {"name", "spec", "overlap", "words", "next_at", "updated_at"}
    assert {name for name in before if before[name] != after[name]} == changed
    assert after["words"] == "every Monday at 07:00, Amsterdam"
    assert alice.patch(url, json={"timeout_s": None}).json()["timeout_s"] is None
    assert refused(alice.patch(url, json={"name": None}))["field"] == "name"
    assert refused(alice.patch(url, json={"kind": "file"}))["field"] == "spec.cron"
    assert alice.patch(url, json={"kind": "file", "spec": {"prefix": "in/"}}).json()["next_at"] is None


def test_a_trigger_makes_a_run_by_the_schedules_rules(api: ApiServer, alice: httpx.Client, flow: str) -> None:
    shown = made(alice, flow, parameters={"year": 2012}, paused=True, timeout_s=60)
    url = f"/schedules/{shown['id']}"
    answer = alice.post(f"{url}/trigger")
    assert answer.status_code == 202, answer.text
    run = answer.json()
    assert answer.headers["Location"] == f"/api/v1/runs/{run['id']}"
    assert (run["schedule_id"], run["parameters"], run["trigger"]) == (
        shown["id"],
        {"year": 2012},
        "schedule",
    )
    assert run["options"]["timeout_s"] == 60
    (fire,) = alice.get(f"{url}/fires").json()["items"]
    assert (fire["outcome"], fire["run_id"], fire["run_state"]) == ("started", run["id"], "queued")
    assert alice.get(url).json()["last_fire"] == fire
    assert run["id"] in refused(alice.post(f"{url}/trigger"), 409)["message"]
    assert len(alice.get(f"{url}/fires").json()["items"]) == 1
    alice.patch(url, json={"overlap": "queue"})
    second = alice.post(f"{url}/trigger").json()["id"]
    with api.services.ledger.write() as s:
        first = runs.get(s, run["id"])
        assert first is not None
        first.state = RunState.CANCELLED
        s.flush()
        assert scheduling.run_ended(s, first, time.time()) == [second]
    assert [one["outcome"] for one in alice.get(f"{url}/fires").json()["items"]] == ["started", "started"]


def test_a_deleted_schedule_is_gone_with_its_flow_too(alice: httpx.Client, flow: str) -> None:
    one, other = made(alice, flow), made(alice, flow)
    assert alice.delete(f"/schedules/{one['id']}").status_code == 204
    assert alice.get(f"/schedules/{one['id']}").status_code == 404
    assert alice.delete(f"/schedules/{one['id']}").status_code == 404
    alice.delete(f"/flows/{flow}", headers={"If-Match": "*"})
    assert alice.get(f"/schedules/{other['id']}").status_code == 404


@pytest.fixture
def hers(alice: httpx.Client, flow: str) -> str:
    return str(made(alice, flow)["id"])


def test_somebody_elses_schedules_and_flows_are_404(
    alice: httpx.Client, bob: httpx.Client, admin: httpx.Client, flow: str, hers: str
) -> None:
    for method, path in (
        *(("GET", ""), ("GET", "/next"), ("GET", "/fires"), ("POST", "/trigger"), ("DELETE", "")),
        ("PATCH", ""),
    ):
        body = {"json": {"name": "x"}} if method == "PATCH" else {}
        assert bob.request(method, f"/schedules/{hers}{path}", **body).status_code == 404, (method, path)  # type: ignore[arg-type]
    assert bob.get(f"/flows/{flow}/schedules").status_code == 404
    assert bob.post(f"/flows/{flow}/schedules", json=CRON).status_code == 404
    after_hers = {**CRON, "kind": "flow", "spec": {"flow_id": flow}}
    assert bob.post("/schedules/preview", json=after_hers).status_code == 404
    his = bob.post("/flows", json={"name": "his", "nodes": []}).json()["id"]
    assert refused(bob.post(f"/flows/{his}/schedules", json=after_hers))["field"] == "spec.flow_id"
    assert hers not in str(bob.get("/schedules?all=true&limit=500").json())
    assert hers in str(admin.get("/schedules?all=true&limit=500").json())
    assert admin.get(f"/schedules/{hers}").json()["owner"] == "alice"


def test_flows_that_would_start_each_other_for_ever_are_refused(alice: httpx.Client, flow: str) -> None:
    others = [
        alice.post("/flows", json={"name": name, "nodes": []}).json()["id"] for name in ("second", "third")
    ]

    def after(source: str, flow: str) -> httpx.Response:
        body = {"name": "after", "kind": "flow", "spec": {"flow_id": source}, "paused": True}
        return alice.post(f"/flows/{flow}/schedules", json=body)

    assert "itself" in refused(after(flow, flow))["message"]
    assert after(flow, others[0]).status_code == 201
    assert after(others[0], others[1]).status_code == 201
    error = refused(after(others[1], flow))
    assert error["field"] == "spec.flow_id"
    assert "third → late flights → second → third" in error["message"]
    assert refused(after("A" * 12, flow))["field"] == "spec.flow_id"


BAD: list[tuple[dict[str, Any], str]] = [
    ({"spec": {"cron": "0 30 6 * * 1-5"}}, "spec.cron"),
    ({"spec": {"cron": "0 9-5 * * *"}}, "spec.cron"),
    ({"spec": {"cron": "0 0 31 2 *"}}, "spec.cron"),
    ({"spec": {"cron": "31 2"}}, "spec.cron"),
    ({"spec": {"cron": ""}}, "spec.cron"),
    ({"spec": {"cron": 5}}, "spec.cron"),
    ({"spec": {}}, "spec.cron"),
    ({"spec": {"cron": "* * * * *", "seconds": 1}}, "spec.seconds"),
    ({"timezone": "Mars/Olympus"}, "timezone"),
    ({"timezone": "../../etc/passwd"}, "timezone"),
    ({"kind": "interval", "spec": {"every_s": 59.9}}, "spec.every_s"),
    ({"kind": "interval", "spec": {"every_s": True}}, "spec.every_s"),
    ({"kind": "interval", "spec": {"every_s": "60"}}, "spec.every_s"),
    ({"kind": "interval", "spec": {"every_s": 1e12}}, "spec.every_s"),
    ({"kind": "once", "spec": {"at": "2020-01-01T00:00:00"}}, "spec.at"),
    ({"kind": "once", "spec": {"at": "tomorrow"}}, "spec.at"),
    ({"kind": "once", "spec": {"at": "9999-12-31T23:59:59"}}, "spec.at"),
    ({"kind": "file", "spec": {"prefix": "/inbox"}}, "spec.prefix"),
    ({"kind": "file", "spec": {"prefix": "a", "pattern": ""}}, "spec.pattern"),
    ({"kind": "file", "spec": {"prefix": "a", "parameter": "nope"}}, "spec.parameter"),
    ({"kind": "file", "spec": {"prefix": "a", "parameter": "year"}}, "spec.parameter"),
    ({"kind": "flow", "spec": {"flow_id": "../x"}}, "spec.flow_id"),
    ({"kind": "sometimes"}, "kind"),
    ({"parameters": {"year": "2012"}}, "parameters.year"),
    ({"parameters": {"nope": 1}}, "parameters.nope"),
    ({"options": {"max_parallel": 0}}, "options.max_parallel"),
    ({"options": {"nope": 0}}, "options.nope"),
    ({"overlap": "maybe"}, "overlap"),
    ({"catch_up": "some"}, "catch_up"),
    ({"catch_up_limit": 101}, "catch_up_limit"),
    ({"retries": 11}, "retries"),
    ({"retries": 1.5}, "retries"),
    ({"retry_delay_s": 0}, "retry_delay_s"),
    ({"timeout_s": 0}, "timeout_s"),
    ({"start_at": "soon"}, "start_at"),
    ({"end_at": "2020-01-01"}, "end_at"),
    ({"start_at": "2190-01-02", "end_at": "2190-01-01"}, "end_at"),
    ({"start_at": "2190-01-01T08:00", "end_at": "2190-01-01T09:00"}, "end_at"),
    ({"name": ""}, "name"),
    ({"name": "a\u202eb"}, "name"),
    ({"cron": "* * * * *"}, "cron"),
]


@pytest.mark.parametrize(("changes", "field"), BAD, ids=str)
def test_what_breaks_a_rule_is_refused_with_its_field(
    alice: httpx.Client, flow: str, changes: dict[str, Any], field: str
) -> None:
    answer = alice.post(f"/flows/{flow}/schedules", json={**CRON, **changes})
    assert refused(answer)["field"] == field
    assert alice.get(f"/flows/{flow}/schedules").json()["items"] == []
