"""Event streams of a real gunicorn: they hold none of its threads, and end as they should."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import httpx
import pytest

from broker_config.wire.events import Event, ExecutionResult, Finished, Started, Stream
from broker_config.wire.states import ExecutionState
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_follower import follow
from tests.integration.api_server import GENERATION, STREAMS, THREADS, ApiServer, running_api
from tests.integration.weed import Weed
from tests.waiting import wait_until

__all__ = ["admin", "alice", "api", "bob", "follow", "kernel", "ready"]

MISSED = 300
ONES_SHARE = STREAMS // 2


class Raw:
    """A stream as bytes, by any version of HTTP."""

    def __init__(self, api: ApiServer, path: str, person: str, version: str, more: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", api.port), timeout=10)
        head = f"GET /api/v1{path} {version}\r\nHost: x\r\nAuthorization: Bearer {api.tokens[person]}\r\n"
        self.socket.sendall(f"{head}{more}\r\n".encode())
        self.got = b""

    def until(self, wanted: bytes) -> None:
        """Read until this came."""
        while wanted not in self.got[-200_000:]:
            piece = self.socket.recv(65_536)
            assert piece, self.got[-1_000:]
            self.got += piece

    def rest(self) -> bytes:
        """Read to the end."""
        while piece := self.socket.recv(65_536):
            self.got += piece
        return self.got

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory, weed: Weed) -> Iterator[ApiServer]:
    """A server that a test may end."""
    folders = [tmp_path_factory.mktemp(name) for name in ("api", "redis")]
    with running_api(*folders, weed) as running:
        yield running


def test_there_are_more_streams_than_threads_and_all_hear_everything(
    api: ApiServer, alice: httpx.Client, ready: dict[str, str]
) -> None:
    path, uid = f"/kernels/{ready['uid']}/events", ready["uid"]
    cell = alice.post(f"/kernels/{uid}/executions", json={"code": "1"}).json()["id"]
    people = ["alice"] * ONES_SHARE + ["admin"] * (STREAMS - ONES_SHARE)
    assert len(people) > 2 * THREADS
    with ExitStack() as opened:
        streams = [opened.enter_context(closing(Raw(api, path, one, "HTTP/1.1"))) for one in people]
        for stream in streams:
            stream.until(b": open\n\n")
        with api.client("bob") as bob:
            full = bob.get("/events?topics=kernels")
        assert (full.status_code, full.json()["error"]["code"]) == (503, "unavailable")
        for seq in range(3):
            api.say(uid, Event(cell, seq, time.time(), Started(GENERATION)))
        for stream in streams:
            stream.until(b'"seq":2,')
            assert stream.got.count(b'"type":"started"') == 3
        assert alice.get("/me").status_code == 200
    # All have hung up: their places are free again.
    wait_until(lambda: "husk_event_streams 0.0" in metrics(api))


def metrics(api: ApiServer) -> str:
    with api.client("admin") as admin:
        return admin.get("/metrics").text


@pytest.mark.parametrize(("version", "end"), [("HTTP/1.1", b"\r\n0\r\n\r\n"), ("HTTP/1.0", b"}\n\n")])
def test_a_stream_that_ends_ends_as_its_answer_was_begun(
    api: ApiServer, alice: httpx.Client, ready: dict[str, str], version: str, end: bytes
) -> None:
    uid = ready["uid"]
    cell = alice.post(f"/kernels/{uid}/executions", json={"code": "1"}).json()["id"]
    with closing(Raw(api, f"/executions/{cell}/events", "alice", version)) as stream:
        stream.until(b": open\n\n")
        assert (b"Transfer-Encoding: chunked" in stream.got) is (version == "HTTP/1.1")
        assert b"Content-Security-Policy" in stream.got
        result = ExecutionResult(ExecutionState.SUCCEEDED, GENERATION)
        for seq, body in enumerate((Started(GENERATION), Finished(result))):
            api.say(uid, Event(cell, seq, time.time(), body))
        got = stream.rest()
    assert got.endswith(end)
    assert (got.count(b'"type":"started"'), got.count(b'"type":"finished"')) == (1, 1)


def test_who_reads_slowly_what_was_missed_gets_all_of_it_in_order_and_then_what_comes(
    api: ApiServer, alice: httpx.Client, ready: dict[str, str]
) -> None:
    uid, text = ready["uid"], "x" * 50_000
    cell = alice.post(f"/kernels/{uid}/executions", json={"code": "1"}).json()["id"]
    first = api.say(uid, Event(cell, 0, time.time(), Started(GENERATION)))
    for seq in range(1, MISSED):
        api.say(uid, Event(cell, seq, time.time(), Stream("stdout", text)))
    headers = f"Last-Event-ID: {uid}:{first}\r\n"
    with closing(Raw(api, f"/kernels/{uid}/events", "alice", "HTTP/1.1", headers)) as stream:
        stream.until(b": open\n\n")
        # Nobody reads for now: neither a thread of requests nor the other streams wait for that.
        for seq in range(MISSED, MISSED + 3):
            api.say(uid, Event(cell, seq, time.time(), Stream("stdout", "y")))
        assert alice.get("/me").status_code == 200
        stream.until(f'"seq":{MISSED + 2},'.encode())
    told = re.findall(rb'"seq":(\d+),', stream.got)
    assert list(map(int, told)) == list(range(1, MISSED + 3))


def test_a_head_opens_no_stream_and_its_connection_serves_on(
    api: ApiServer, alice: httpx.Client, kernel: dict[str, str]
) -> None:
    # Streams of other tests are seen to have ended a moment later.
    wait_until(lambda: "husk_event_streams 0.0" in metrics(api))
    for path in ("/events?topics=kernels", f"/kernels/{kernel['uid']}/events"):
        answer = alice.head(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (
            200,
            "text/event-stream; charset=utf-8",
        )
    wait_until(lambda: "husk_event_streams 0.0" in metrics(api))


def test_a_server_that_stops_says_so_to_every_stream(other: ApiServer) -> None:
    streams = [Raw(other, "/events?topics=kernels", "alice", "HTTP/1.1") for _ in range(5)]
    for stream in streams:
        stream.until(b": open\n\n")
    began = time.monotonic()
    other.stop()
    assert time.monotonic() - began < 10
    for stream in streams:
        assert b"the server stops" in stream.rest()
        stream.close()
