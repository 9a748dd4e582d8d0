"""Several executions with their output in one answer."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from broker_config.wire.events import Event, Started, Stream
from tasks.ledger.endings import Output
from tests.integration.api_fixtures import alice, api, bob, kernel, ready
from tests.integration.api_server import GENERATION, ApiServer
from tests.integration.ledger_rows import end_with
from web.api.executions import MOST_IDS

__all__ = ["alice", "api", "bob", "kernel", "ready"]

NOBODYS = "bPV9sd1JSWLk-9f3c1d54-0000-4000-8000-000000000000"


def printed(text: str) -> Output:
    items = [{"kind": "stream", "name": "stdout", "text": text}]
    return Output(items, artifacts={"published": [], "deleted": []})


def texts(answer: httpx.Response) -> dict[str, str]:
    answer.raise_for_status()
    return {one["id"]: "".join(item["text"] for item in one["items"]) for one in answer.json()["items"]}


@pytest.fixture
def cells(alice: httpx.Client, ready: dict[str, Any]) -> list[str]:
    """Three that wait."""
    path = f"/kernels/{ready['id']}/executions"
    return [alice.post(path, json={"code": str(n)}).json()["id"] for n in range(3)]


def of(client: httpx.Client, ids: list[str]) -> httpx.Response:
    return client.get("/executions/outputs", params={"ids": ",".join(ids)})


def test_they_come_in_the_order_asked_for_ended_running_or_waiting(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], cells: list[str]
) -> None:
    end_with(api.services.ledger, cells[0], printed("recorded"))
    for seq, body in enumerate((Started(GENERATION), Stream("stdout", "so far"))):
        api.say(ready["uid"], Event(cells[1], seq, time.time(), body))
    answer = of(alice, [cells[2], cells[0], cells[1]])
    assert list(texts(answer).items()) == [(cells[2], ""), (cells[0], "recorded"), (cells[1], "so far")]
    assert [one["status"] for one in answer.json()["items"]] == ["queued", "succeeded", "running"]
    assert answer.json()["next"] is None
    alone = alice.get(f"/executions/{cells[0]}").json()
    assert answer.json()["items"][1].items() <= alone.items()


def test_what_is_not_there_or_somebody_elses_is_left_out(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, cells: list[str]
) -> None:
    end_with(api.services.ledger, cells[0], printed("alice's"))
    assert texts(of(alice, [NOBODYS, cells[0]])) == {cells[0]: "alice's"}
    assert texts(of(bob, cells)) == {}


def test_large_ones_come_in_several_answers(api: ApiServer, alice: httpx.Client, cells: list[str]) -> None:
    for cell in cells:
        end_with(api.services.ledger, cell, printed("x" * 3_000_000))
    first = of(alice, cells)
    assert list(texts(first)) == cells[:2]
    assert first.json()["next"] == cells[2]
    assert list(texts(of(alice, cells[2:]))) == cells[2:]


@pytest.mark.parametrize("ids", ["", "no-id", f"{NOBODYS},", ",".join([NOBODYS] * (MOST_IDS + 1))])
def test_what_are_no_ids_is_said_so(alice: httpx.Client, ids: str) -> None:
    answer = alice.get("/executions/outputs", params={"ids": ids})
    assert answer.status_code == 422
    assert "ids of executions with commas" in answer.json()["error"]["message"]


def test_none_at_all_is_said_so(alice: httpx.Client) -> None:
    answer = alice.get("/executions/outputs")
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "ids"
