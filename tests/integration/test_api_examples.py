"""The example, made by one request for who has nothing yet."""

from __future__ import annotations

import pytest

from tests.integration.access_world import World, json_of, world
from tests.integration.api_fixtures import api
from web import flights

__all__ = ["api", "world"]

URL = "/api/v1/examples/late-flights"


def test_one_request_makes_tables_kernels_flow_and_a_run(world: World) -> None:
    bob = world.holder("bob")
    assert json_of(bob.get("/api/v1/examples")) == {"late_flights": True}
    run = json_of(bob.post(URL))
    assert (run["flow_name"], run["state"], run["trigger"]) == ("late flights", "queued", "manual")
    kernels = {one["id"]: one for one in json_of(bob.get("/api/v1/kernels"))["items"]}
    assert {slug: kernels[slug]["name"] for slug in flights.KERNELS} == flights.KERNELS
    assert {kernels[slug]["desired_state"] for slug in flights.KERNELS} == {"running"}
    names = [one["path"] for one in json_of(bob.get("/api/v1/files?prefix=flights/"))["items"]]
    assert names == ["flights/airlines.parquet", "flights/flights.parquet", "flights/weather.parquet"]


def test_a_second_request_makes_nothing_twice_and_runs_again(world: World) -> None:
    bob = world.holder("bob")
    first, second = json_of(bob.post(URL)), json_of(bob.post(URL))
    assert first["id"] != second["id"]
    assert first["flow_id"] == second["flow_id"]
    slugs = [one["id"] for one in json_of(bob.get("/api/v1/kernels"))["items"]]
    assert sorted(slugs) == sorted(set(slugs))
    versions = json_of(bob.get("/api/v1/files/flights/airlines.parquet?versions="))["items"]
    assert [one["version"] for one in versions] == [1]


def test_a_viewer_makes_none(world: World) -> None:
    assert world.holder("vera").post(URL).status_code == 403


def test_where_there_is_no_checkout_it_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(flights, "FLOW", tmp_path_factory.mktemp("image") / "flow.yaml")
    assert json_of(world.holder("bob").get("/api/v1/examples")) == {"late_flights": False}
    answer = world.holder("bob").post(URL)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "not_available")
