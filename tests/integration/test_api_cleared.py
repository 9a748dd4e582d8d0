"""Outputs that were cleared come back by no event stream, though Redis holds their events for a while."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from broker_config.wire.events import Event, ExecutionResult, Finished, OutputItem, Started, Stream
from broker_config.wire.states import ExecutionState
from tasks.ledger import audit, executions
from tasks.ledger.endings import Output
from tasks.ledger.models import Execution
from tests.integration.api_fixtures import alice, api, kernel, ready
from tests.integration.api_follower import Follow, follow
from tests.integration.api_server import GENERATION, ApiServer
from tests.integration.ledger_rows import add_cells, end_with
from tests.waiting import wait_until

__all__ = ["alice", "api", "follow", "kernel", "ready"]

ITEMS = [{"kind": "stream", "name": "stdout", "text": "secret"}]


@pytest.fixture
def ended(api: ApiServer, alice: httpx.Client, ready: dict[str, Any]) -> list[str]:
    """Two cells that put something out, one in the namespace "f", one in "g"."""
    path, ids = f"/kernels/{ready['id']}/executions", []
    for flow in ("f", "g"):
        cell = alice.post(path, json={"code": "1", "flow_id": flow}).json()["id"]
        items = [OutputItem("stream", name="stdout", text="secret")]
        result = ExecutionResult(ExecutionState.SUCCEEDED, GENERATION, items=items)
        for seq, body in enumerate((Started(GENERATION), Stream("stdout", "secret"), Finished(result))):
            api.say(ready["uid"], Event(cell, seq, time.time(), body))
        with api.services.ledger.write() as session:
            executions.started(session, cell, GENERATION, time.time())
        end_with(api.services.ledger, cell, Output(ITEMS, artifacts={"published": [], "deleted": []}))
        ids.append(cell)
    return ids


def clear(alice: httpx.Client, ready: dict[str, Any]) -> None:
    assert alice.delete(f"/kernels/{ready['id']}/namespaces/f/outputs").json()["cleared"] == 1


def test_a_cleared_executions_stream_tells_its_end_and_no_output(
    alice: httpx.Client, ready: dict[str, Any], ended: list[str], follow: Follow
) -> None:
    path = f"/executions/{ended[0]}/events"
    before = follow(path)
    assert before.ended.wait(5)
    assert before.types() == ["started", "stream", "finished"]
    clear(alice, ready)
    for last_id in (None, before.ids[0]):
        follower = follow(path, last_id)
        assert follower.ended.wait(5)
        assert follower.types()[-1] == "finished"
        assert "stream" not in follower.types()
        assert "secret" not in json.dumps(follower.events)


@pytest.mark.parametrize("path", ["/kernels/{}/events", "/events?topics=kernel:{}"])
def test_a_kernels_stream_that_resumes_tells_nothing_of_what_was_cleared(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], ended: list[str], follow: Follow, path: str
) -> None:
    clear(alice, ready)
    follower = follow(path.format(ready["uid"]), f"{ready['uid']}:0-0")
    wait_until(lambda: "finished" in follower.types())
    told = [event for event in follower.events if event["type"] in {"started", "stream", "finished"}]
    assert {event["execution_id"] for event in told} == {ended[1]}
    assert [event["type"] for event in told] == ["started", "stream", "finished"]
    assert [event["seq"] for event in told] == [0, 1, 2]


def test_more_than_one_transaction_clears_are_cleared_by_one_request_with_one_line_in_the_audit(
    api: ApiServer, alice: httpx.Client, kernel: dict[str, Any]
) -> None:
    count, ledger = executions.MOST_CLEARED + 1, api.services.ledger
    add_cells(ledger, kernel["uid"], count, flow_id="f")
    with ledger.write() as session:
        session.execute(
            update(Execution).where(Execution.kernel_uid == kernel["uid"]).values(status="failed")
        )
    answer = alice.delete(f"/kernels/{kernel['id']}/namespaces/f/outputs")
    assert answer.json()["cleared"] == count
    with ledger.read() as session:
        events = audit.page(session, None, 100)[0]
    mine = [event for event in events if event.target == kernel["uid"] and event.action == "outputs.clear"]
    assert [event.detail["cells"] for event in mine] == [count]
