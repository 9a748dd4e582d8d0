"""Kernels, executions and their streams over HTTP, with a kernel that the test plays."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx

from broker_config import keys
from broker_config.queues import batch_queue, kernel_queue
from broker_config.wire.codec import decode_tagged, encode
from broker_config.wire.events import (
    FIELD,
    Answer,
    CellError,
    Display,
    Event,
    ExecutionResult,
    Finished,
    Log,
    OutputItem,
    Pulse,
    Started,
    Stream,
)
from broker_config.wire.messages import CONTROL, Ask, RestartNamespace
from broker_config.wire.states import ExecutionState
from tasks.ledger import executions
from tasks.ledger.endings import Output
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_follower import Follow, follow
from tests.integration.api_server import GENERATION, ApiServer
from tests.integration.ledger_rows import end_with
from tests.waiting import wait_until

__all__ = ["admin", "alice", "api", "bob", "follow", "kernel", "ready"]


def finished(text: str = "hello\n", **fields: Any) -> Finished:
    items = [OutputItem("stream", name="stdout", text=text)]
    values = {
        "status": ExecutionState.SUCCEEDED,
        "generation": GENERATION,
        "execution_count": 1,
        "items": items,
    }
    return Finished(ExecutionResult(**{**values, **fields}))


def play(api: ApiServer, execution_id: str, *bodies: Any) -> None:
    """Say on ``out`` what a kernel would, one event after another."""
    for seq, body in enumerate(bodies):
        api.say(execution_id[:12], Event(execution_id, seq, time.time(), body))


def send(client: httpx.Client, ref: str, **body: Any) -> str:
    answer = client.post(f"/kernels/{ref}/executions", json={"code": "print('hello')", **body})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_a_kernel_is_made_seen_changed_and_deleted(alice: httpx.Client) -> None:
    body = {"id": "shape", "name": "Ünï", "memory_gb": 1, "cpu_cores": 32, "env": {"KEY": "hidden-value"}}
    made = alice.post("/kernels", json=body)
    assert made.status_code == 201
    assert made.headers["Location"] == "/api/v1/kernels/shape"
    shown = made.json()
    assert (shown["state"], shown["owner"], shown["env"]) == ("stopped", "alice", ["KEY"])
    assert "hidden-value" not in made.text
    assert "32 CPU cores" in shown["warnings"][0]
    assert alice.get(f"/kernels/{shown['uid']}").json() == alice.get("/kernels/shape").json()
    changed = alice.patch("/kernels/shape", json={"name": "Other", "memory_gb": 4.5})
    assert (changed.json()["name"], changed.json()["memory_gb"]) == ("Other", 4.5)
    assert alice.post("/kernels", json={"id": "shape"}).status_code == 409
    gone = alice.delete("/kernels/shape")
    assert (gone.status_code, gone.json()["desired_state"]) == (202, "deleted")


def test_a_running_kernels_limits_are_changed_after_its_stop_only(
    alice: httpx.Client, ready: dict[str, Any]
) -> None:
    assert alice.patch(f"/kernels/{ready['id']}", json={"memory_gb": 3}).status_code == 409
    assert alice.patch(f"/kernels/{ready['id']}", json={"name": "New"}).json()["name"] == "New"


def test_wishes_are_noted_and_sent_once_each(
    api: ApiServer, alice: httpx.Client, kernel: dict[str, Any]
) -> None:
    api.services.redis.delete("lifecycle")
    for verb in ("start", "start", "restart", "stop"):
        answer = alice.post(f"/kernels/{kernel['id']}/{verb}")
        assert answer.status_code == 202, answer.text
        assert answer.json()["desired_state"] == ("stopped" if verb == "stop" else "running")
    assert api.services.redis.llen("lifecycle") == 4


def test_a_cell_is_committed_and_queued(api: ApiServer, alice: httpx.Client, ready: dict[str, Any]) -> None:
    first, second = send(alice, ready["id"]), send(alice, ready["uid"], flow_id="f1", node_id="n1")
    batch = alice.post(
        f"/kernels/{ready['id']}/batches", json={"cells": [{"code": "1"}, {"code": "2", "node_id": "b"}]}
    ).json()
    assert api.services.redis.llen(kernel_queue(ready["uid"])) == 4
    assert api.services.redis.llen(batch_queue(ready["uid"])) == 0
    assert [one["position"] for one in batch["executions"]] == [3, 4]
    shown = alice.get(f"/executions/{second}").json()
    assert (shown["position"], shown["flow_id"], shown["node_id"]) == (2, "f1", "n1")
    listed = alice.get(f"/executions?kernel={ready['id']}&status=queued").json()["items"]
    assert [row["id"] for row in listed][-1] == first
    assert len(listed) == 4
    kernel = alice.get(f"/kernels/{ready['id']}").json()
    assert (kernel["queue_length"], kernel["current_execution"]) == (4, None)


def test_pages_of_executions_hold_each_once(alice: httpx.Client, ready: dict[str, Any]) -> None:
    sent = [send(alice, ready["id"]) for _ in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = alice.get(f"/executions?kernel={ready['id']}&limit=2{after}").json()
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == sent[::-1]


def test_an_idempotency_key_gives_the_same_execution(alice: httpx.Client, ready: dict[str, Any]) -> None:
    first = send(alice, ready["id"], idempotency_key="once")
    assert send(alice, ready["id"], idempotency_key="once") == first
    other = {"code": "other", "idempotency_key": "once"}
    answer = alice.post(f"/kernels/{ready['id']}/executions", json=other)
    assert (answer.status_code, answer.json()["error"]["field"]) == (409, "idempotency_key")


def test_a_stopped_kernel_takes_cells_only_with_start(alice: httpx.Client, kernel: dict[str, Any]) -> None:
    answer = alice.post(f"/kernels/{kernel['id']}/executions", json={"code": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "kernel_not_running")
    send(alice, kernel["id"], start=True)
    assert alice.get(f"/kernels/{kernel['id']}").json()["desired_state"] == "running"


def test_a_waiting_cell_is_cancelled_and_an_ended_one_is_a_conflict(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    execution = send(alice, ready["id"])
    assert alice.post(f"/executions/{execution}/cancel", json={}).json()["status"] == "cancelled"
    assert alice.post(f"/executions/{execution}/cancel", json={}).status_code == 409
    assert api.services.redis.llen(kernel_queue(ready["uid"])) == 0


def test_a_running_execution_is_completed_from_the_live_stream(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    execution = send(alice, ready["id"])
    picture = Display("d1", "Plot", {"text/plain": "plot"})
    play(
        api,
        execution,
        Started(GENERATION),
        Stream("stdout", "a"),
        Stream("stderr", "b"),
        Stream("stdout", "c"),
    )
    play(api, execution, picture, Log("INFO", "so far"))
    shown = alice.get(f"/executions/{execution}").json()
    assert (shown["status"], shown["stdout"], shown["stderr"]) == ("running", "ac", "b")
    assert [item["kind"] for item in shown["items"]] == ["stream", "stream", "stream", "display"]
    assert shown["displays"] == [{"id": "d1", "title": "Plot", "data": {"text/plain": "plot"}}]
    assert shown["logs"][0]["message"] == "so far"
    error = CellError("ValueError", "no", ["line"], 1)
    play(api, execution, finished("end", status=ExecutionState.FAILED, error=error))
    shown = alice.get(f"/executions/{execution}").json()
    assert (shown["status"], shown["stdout"], shown["error"]["type"]) == ("failed", "end", "ValueError")


def test_what_a_kernel_may_not_say_reaches_nobody(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    execution = send(alice, ready["id"])
    follower = follow(f"/kernels/{ready['id']}/events")
    out = keys.out(ready["uid"])
    raw: list[Any] = [
        b"\xff\xfe",
        b'{"type":"stream"}',
        b"[" * 100_000,
        b'{"type":"stream","execution_id":"%s","seq":0,"at":NaN,"name":"stdout","text":"x"}'
        % execution.encode(),
        b'{"type":"stream","execution_id":"BBBBBBBBBBBB-1","seq":0,"at":1,"name":"stdout","text":"x"}',
        b'{"type":"request","execution_id":null,"seq":0,"at":1,"request":"r","kind":"k","args":{}}',
    ]
    for text in raw:
        api.services.redis.xadd(out, {FIELD: text})
    play(api, execution, Started(GENERATION), Stream("stdout", "\n\nid: forged\ndata: {}\n\n"), finished())
    wait_until(lambda: "finished" in follower.types())
    assert [kind for kind in follower.types() if kind != "kernel"] == ["started", "stream", "finished"]
    assert all(one.startswith(ready["uid"]) for one in follower.ids)
    follower.close()


def test_an_executions_stream_begins_with_what_was_and_ends_with_finished(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    execution = send(alice, ready["id"])
    other = send(alice, ready["id"])
    play(api, execution, Started(GENERATION), Stream("stdout", "before"))
    follower = follow(f"/executions/{execution}/events")
    play(api, other, Started(GENERATION), finished())
    api.say(ready["uid"], Event(execution, 2, time.time(), Stream("stdout", "after")))
    api.say(ready["uid"], Event(execution, 3, time.time(), finished()))
    assert follower.ended.wait(5)
    assert follower.types() == ["started", "stream", "stream", "finished"]
    assert {event["execution_id"] for event in follower.events} == {execution}
    again = follow(f"/executions/{execution}/events", follower.ids[1])
    assert again.ended.wait(5)
    assert again.types() == ["stream", "finished"]


def test_what_is_no_longer_live_is_told_from_the_ledger(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    execution = send(alice, ready["id"])
    with api.services.ledger.write() as session:
        executions.started(session, execution, GENERATION, time.time())
    items = [{"kind": "stream", "name": "stdout", "text": "kept"}]
    end_with(api.services.ledger, execution, Output(items, artifacts={"published": [], "deleted": []}))
    follower = follow(f"/executions/{execution}/events")
    assert follower.ended.wait(5)
    assert follower.types() == ["started", "stream", "finished"]
    assert follower.events[-1]["result"]["status"] == "succeeded"


def test_a_stream_ends_when_its_waiting_cell_is_cancelled(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    execution = send(alice, ready["id"])
    follower = follow(f"/executions/{execution}/events")
    alice.post(f"/executions/{execution}/cancel", json={})
    assert follower.ended.wait(5)
    assert follower.events[-1]["result"]["status"] == "cancelled"


def test_a_kernels_stream_resumes_without_loss_or_repeat(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    execution = send(alice, ready["id"])
    path = f"/events?topics=kernel:{ready['id']},kernels"
    first = follow(path)
    play(api, execution, Started(GENERATION), *[Stream("stdout", str(n)) for n in range(5)])
    wait_until(lambda: first.types().count("stream") == 5)
    first.close()
    last = first.ids[3]
    play(api, execution, *[Stream("stdout", f"later {n}") for n in range(300)])
    second = follow(path, last)
    api.say(ready["uid"], Event(execution, 999, time.time(), finished()))
    wait_until(lambda: "finished" in second.types())
    texts = [event["text"] for event in second.events if event["type"] == "stream"]
    assert texts == ["3", "4", *[f"later {n}" for n in range(300)]]
    second.close()


def test_pulses_and_changes_of_ones_own_kernels_are_told(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    follower = follow(f"/events?topics=kernels,kernel:{ready['uid']}")
    pulse = Pulse(GENERATION, time.time(), 123, 456)
    api.services.redis.xadd(keys.pulse(ready["uid"]), {FIELD: encode(pulse)})
    bob.post("/kernels", json={"id": f"bobs-{ready['id']}"})
    alice.post("/kernels", json={"id": f"more-{ready['id']}"})
    wait_until(lambda: {"pulse", "kernel"} <= set(follower.types()))
    wait_until(lambda: any(e.get("kernel", {}).get("id") == f"more-{ready['id']}" for e in follower.events))
    assert not any(event.get("kernel", {}).get("owner") == "bob" for event in follower.events)
    memory = alice.get(f"/kernels/{ready['id']}/memory").json()["memory"]
    assert (memory["used_bytes"], memory["limit_bytes"]) == (123, 456)
    assert alice.get(f"/kernels/{ready['id']}").json()["memory"] == memory
    follower.close()


def test_an_event_is_at_the_socket_a_millisecond_or_so_after_redis_has_it(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    execution = send(alice, ready["id"])
    follower = follow(f"/kernels/{ready['id']}/events")
    took: list[float] = []
    for seq in range(100):
        before = len(follower.arrived)
        api.say(ready["uid"], Event(execution, seq, time.time(), Stream("stdout", "x")))
        said = time.monotonic()
        wait_until(lambda before=before: len(follower.arrived) > before)
        took.append(follower.arrived[-1] - said)
    follower.close()
    # Both ends, their threads and a busy machine included; `benchmarks` measures it.
    assert sorted(took)[50] < 0.02, [round(one * 1000, 2) for one in sorted(took)]


class Kernel:
    """Answers a kernel's questions as its agent does."""

    def __init__(self, api: ApiServer, uid: str, data: dict[str, Any]) -> None:
        self._api, self._uid, self._data = api, uid, data
        self.heard: list[Any] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        found: Any = self._api.services.redis.blpop([keys.ctl(self._uid)], 5)
        if found is None:
            return
        message = decode_tagged(CONTROL, found[1])
        self.heard.append(message)
        if isinstance(message, Ask):
            self._api.say(self._uid, Event(None, 0, time.time(), Answer(message.request, self._data)))


def test_questions_are_answered_by_the_kernel(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    kernel = Kernel(api, ready["uid"], {"matches": ["print"], "cursor_start": 0, "cursor_end": 2})
    answer = alice.post(f"/kernels/{ready['id']}/complete", json={"code": "pr", "cursor": 99, "flow_id": "f"})
    assert answer.json() == {"matches": ["print"], "kinds": [], "cursor_start": 0, "cursor_end": 2}
    assert kernel.heard[0].args == {"code": "pr", "cursor": 2, "flow_id": "f"}
    Kernel(
        api, ready["uid"], {"variables": [{"name": "x", "type": "int", "size": 28, "repr": "1"}], "total": 1}
    )
    listed = alice.get(f"/kernels/{ready['id']}/namespaces/-/variables").json()
    assert listed["variables"][0]["name"] == "x"
    Kernel(api, ready["uid"], {"variables": "no"})
    assert alice.get(f"/kernels/{ready['id']}/namespaces/f/variables").status_code == 503


def test_signatures_come_with_their_parameters_and_inspections_of_older_kernels_without_a_kind(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    told = {"found": True, "label": "f(a, b)", "parameters": [[2, 3], [5, 6]], "active": 1, "doc": "Words."}
    kernel = Kernel(api, ready["uid"], told)
    answer = alice.post(f"/kernels/{ready['id']}/signature", json={"code": "f(1, ", "cursor": 5})
    assert answer.json() == told
    assert kernel.heard[0].args == {"code": "f(1, ", "cursor": 5, "flow_id": ""}
    Kernel(api, ready["uid"], {"found": True, "name": "f", "text": "f(a, b)"})
    answer = alice.post(f"/kernels/{ready['id']}/inspect", json={"code": "f", "cursor": 1})
    assert (answer.json()["text"], answer.json()["kind"]) == ("f(a, b)", "")


def test_a_kernel_that_does_not_answer_is_503_with_retry_after(
    alice: httpx.Client, ready: dict[str, Any], kernel: dict[str, Any]
) -> None:
    answer = alice.post(f"/kernels/{ready['id']}/inspect", json={"code": "pr", "cursor": 0})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_stopped_kernel_has_no_variables_and_answers_nothing(
    alice: httpx.Client, kernel: dict[str, Any]
) -> None:
    assert alice.get(f"/kernels/{kernel['id']}/namespaces/-/variables").status_code == 409
    assert alice.post(f"/kernels/{kernel['id']}/namespaces/f/restart").status_code == 409


def test_a_namespaces_restart_is_told_to_its_kernel(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    answer = alice.post(f"/kernels/{ready['id']}/namespaces/f1/restart")
    assert answer.status_code == 202
    text: Any = api.services.redis.lpop(keys.ctl(ready["uid"]))
    assert decode_tagged(CONTROL, text) == RestartNamespace("f1", answer.json()["epoch"])


def test_cleared_outputs_are_gone_for_everybody_and_the_cells_stay(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    path = f"/kernels/{ready['id']}/executions"
    ids = [alice.post(path, json={"code": "1", "flow_id": flow}).json()["id"] for flow in ("f", "f", "")]
    failed = {"type": "E", "message": "secret", "traceback": ["secret"], "line": 1}
    with api.services.ledger.write() as session:
        for each in (ids[0], ids[2]):
            executions.append_output(session, each, [{"kind": "stream", "name": "stdout", "text": "x"}], [])
            executions.end(session, each, ExecutionState.FAILED, time.time(), error=failed)
    answer = alice.delete(f"/kernels/{ready['id']}/namespaces/f/outputs")
    assert answer.json() == {"kernel_id": ready["uid"], "flow_id": "f", "cleared": 1}
    cleared, waiting, loose = (alice.get(f"/executions/{each}").json() for each in ids)
    assert (cleared["status"], cleared["items"], cleared["error"]) == ("failed", [], None)
    assert cleared["cleared_at"] == alice.get(f"/kernels/{ready['id']}").json()["cleared_at"] is not None
    assert (waiting["status"], waiting["cleared_at"]) == ("queued", None)
    assert (loose["stdout"], loose["error"]["message"]) == ("x", "secret")
    assert alice.delete(f"/kernels/{ready['id']}/namespaces/f/outputs").json()["cleared"] == 0


def test_streams_are_bounded_by_user_and_in_all(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    path = f"/kernels/{ready['id']}/events"
    opened = [follow(path) for _ in range(12)]
    answer = alice.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many")
    assert "Retry-After" in answer.headers
    assert len(opened) == 12
    for follower in opened:
        follower.close()
    # A stream whose client has gone gives its place back soon.
    wait_until(lambda: opens(alice, path), 5)


def opens(client: httpx.Client, path: str) -> bool:
    with client.stream("GET", path) as answer:
        return answer.status_code == 200


def test_the_server_is_ready_and_says_what_it_runs_in(alice: httpx.Client) -> None:
    assert alice.get("/ready").json() == {"status": "ok", "database": "ok", "redis": "ok", "store": "ok"}
    runtime = alice.get("/runtime").json()
    assert (runtime["runtime"], runtime["isolated"]) == ("process", False)


def test_a_submit_is_fast(alice: httpx.Client, ready: dict[str, Any]) -> None:
    took = []
    for _ in range(100):
        began = time.perf_counter()
        send(alice, ready["id"])
        took.append(time.perf_counter() - began)
    assert sorted(took)[50] < 0.05, [round(one * 1000, 2) for one in sorted(took)]
