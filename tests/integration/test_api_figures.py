"""The figures of the system, and dead letters, as admins get them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from broker_config import keys
from broker_config.wire.errors import Forbidden, NotFound
from broker_config.wire.states import ExecutionState
from tasks.figures import letters, sampling
from tasks.figures.processes import Process
from tasks.ledger import executions, users
from tests.integration.access_world import World, json_of, world
from tests.integration.api_fixtures import api
from tests.integration.api_follower import Follower
from tests.integration.api_server import ApiServer
from tests.unit.web.test_minutes import OUTCOMES
from tests.waiting import wait_until
from web.api.system_view import SystemView
from web.figures import Figures
from web.live.slots import Slots
from web.owners import Owners

__all__ = ["api", "world"]

HOSTILE = '<img src=x onerror="alert(1)">'


def figures(world: World) -> dict[str, Any]:
    return json_of(world.holder("admin").get("/api/v1/system/figures"))


def test_an_hour_of_endings_is_told_by_outcome(world: World) -> None:
    hers = world.things()
    services, now = world.api.services, time.time()
    with services.ledger.write() as session:
        executions.end(session, hers.values["execution_id"], ExecutionState.FAILED, now - 120)
    minute = next(one for one in figures(world)["minutes"] if one["at"] == (now - 120) // 60 * 60)
    assert minute["outcomes"]["failed"] >= 1
    assert minute["outcomes"].keys() == set(OUTCOMES)
    assert figures(world)["minutes_since"] <= now - 3_000


def test_what_waits_is_told_with_its_kernel_and_since_when(world: World) -> None:
    hers = world.things()
    admin = world.holder("admin")
    queue = next(one for one in figures(world)["queues"] if one["queue"] == f"kernel.{hers.uid}")
    assert (queue["work"], queue["length"], queue["kernel"]["uid"]) == ("cells", 1, hers.uid)
    assert 0 <= queue["oldest_s"] < 60
    names = [one["queue"] for one in figures(world)["queues"][:3]]
    assert names == ["lifecycle", "flows", "housekeeping"]
    told = admin.get("/api/v1/metrics").text
    assert f'husk_executions_open{{status="queued"}} {figures(world)["executions_open"]["waiting"]}.0' in told


def test_processes_kernels_and_samples_are_told_whatever_they_are_called(world: World) -> None:
    hers = world.things()
    redis, now = world.api.services.redis, time.time()
    world.holder("alice").patch(f"/api/v1/kernels/{hers.uid}", json={"name": HOSTILE})
    silent = Process(HOSTILE, "host", 7, now - 900, now - 60)
    fields = {name: getattr(silent, name) for name in ("role", "host", "pid", "started_at", "at")}
    redis.hset(keys.PROCESSES, "one", json.dumps(fields))
    sampling.keep(redis, sampling.take(world.api.services))
    found = figures(world)
    process = next(one for one in found["processes"] if one["role"] == HOSTILE)
    assert (process["alive"], round(process["heartbeat_s"])) == (False, 60)
    kernel = next(one for one in found["kernels"] if one["uid"] == hers.uid)
    assert (kernel["name"], kernel["owner"], kernel["memory_bytes"]) == (HOSTILE, "alice", None)
    assert abs(found["samples"][-1]["at"] - now) < 60
    redis.delete(keys.PROCESSES)


def test_dead_letters_are_listed_page_by_page_and_discarded(world: World) -> None:
    redis, admin = world.api.services.redis, world.holder("admin")
    redis.delete(keys.DEAD_LETTERS)
    for number in range(3):
        redis.lpush(keys.DEAD_LETTERS, letters.written("kernel.K", f"{HOSTILE}{number}".encode()))
    first = json_of(admin.get("/api/v1/system/dead-letters?limit=2"))
    assert (len(first["items"]), first["total"]) == (2, 3)
    rest = json_of(admin.get(f"/api/v1/system/dead-letters?limit=2&after={first['next']}"))
    assert ([one["text"] for one in rest["items"]], rest["next"]) == ([f"{HOSTILE}0"], None)
    url = f"/api/v1/system/dead-letters/{rest['items'][0]['id']}"
    assert json_of(admin.delete(url)) == {"discarded": 1}
    assert admin.delete(url).status_code == 404
    assert json_of(admin.delete("/api/v1/system/dead-letters")) == {"discarded": 2}
    assert json_of(admin.get("/api/v1/system/dead-letters"))["items"] == []
    assert admin.get("/api/v1/system/dead-letters?after=x").status_code == 422
    assert admin.delete("/api/v1/system/dead-letters/..").status_code == 404


def test_a_letter_that_is_not_there_leaves_no_event(world: World) -> None:
    world.things()
    before = world.events()[0]["id"]
    url = f"/api/v1/system/dead-letters/{'0' * 32}"
    assert world.holder("admin").delete(url).status_code == 404
    assert world.events()[0]["id"] == before


def test_the_event_stream_tells_an_admin_what_is_new_in_them(api: ApiServer) -> None:
    follower = Follower(api, "/events?topics=system", person="admin")
    try:
        wait_until(lambda: len(follower.events) >= 2, 20, "two looks at the figures")
        first, second = follower.events[:2]
        assert (first["type"], second["type"]) == ("system", "system")
        assert second["figures"]["at"] > first["figures"]["at"]
        assert len(first["figures"]["minutes"]) <= 2
        assert len(first["figures"]["samples"]) <= 1
    finally:
        follower.close()
    with api.client("alice") as alice:
        assert alice.get("/events?topics=system").status_code == 403


def test_who_is_no_admin_any_more_is_told_nothing_more(world: World) -> None:
    services = world.api.services
    figures = Figures(services, Owners(services.ledger), Slots(1))
    with services.ledger.read() as session:
        admin, alice = (users.by_name(session, name) for name in ("admin", "alice"))
    assert admin is not None
    assert alice is not None
    view = SystemView(figures, admin, asked=True)
    wait_until(view.describe, 10, "figures")
    assert view.describe() == []
    with pytest.raises(NotFound):
        view.check(alice)
    with pytest.raises(Forbidden):
        SystemView(figures, alice, asked=True)
    SystemView(figures, alice, asked=False).check(alice)


def test_they_are_for_admins_alone(world: World) -> None:
    for person in ("alice", "vera"):
        client = world.holder(person)
        assert client.get("/api/v1/system/figures").status_code == 403
        assert client.get("/api/v1/system/dead-letters").status_code == 403
        assert client.delete("/api/v1/system/dead-letters").status_code == 403
