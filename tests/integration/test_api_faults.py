"""The API while what it needs is away or slow."""

from __future__ import annotations

import json
import socket
import time
from contextlib import closing
from typing import Any

import httpx
import psutil

from broker_config import keys
from broker_config.wire.codec import decode_tagged
from broker_config.wire.events import Event, Started, Stream
from broker_config.wire.messages import CONTROL, RestartNamespace
from tasks.ledger import kernels
from tasks.objects.parts import PART_BYTES
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_follower import Follow, follow
from tests.integration.api_server import GENERATION, ApiServer
from tests.integration.published import DATA, DOCUMENT, Published
from tests.integration.weed import Weed
from tests.waiting import wait_until

__all__ = ["admin", "alice", "api", "bob", "follow", "kernel", "ready"]

MB = 1024 * 1024


def memory(api: ApiServer) -> int:
    assert api.pid is not None
    return max(one.memory_info().rss for one in psutil.Process(api.pid).children(recursive=True))


def test_a_client_that_does_not_read_is_dropped_and_holds_nobody_up(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    execution = alice.post(f"/kernels/{ready['id']}/executions", json={"code": "1"}).json()["id"]
    before = memory(api)
    with closing(socket.create_connection(("127.0.0.1", api.port))) as deaf:
        head = f"GET /api/v1/kernels/{ready['id']}/events HTTP/1.1\r\nHost: x\r\n"
        deaf.sendall(f"{head}Authorization: Bearer {api.tokens['alice']}\r\n\r\n".encode())
        reader = follow(f"/kernels/{ready['id']}/events")
        text = "x" * 20_000
        for seq in range(1_500):
            api.say(ready["uid"], Event(execution, seq, time.time(), Stream("stdout", text)))
            if seq % 100 == 99:
                wait_until(lambda seq=seq: reader.types().count("stream") == seq + 1)
        assert memory(api) - before < 60 * MB
        deaf.settimeout(10)
        got = b""
        while b"event: error" not in got[-2_000:] and (piece := deaf.recv(1 << 20)):
            got = got[-4_000:] + piece
        assert b"connect again and resume" in got


def test_with_redis_away_cells_are_taken_and_the_rest_says_so(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], follow: Follow
) -> None:
    stream = follow(f"/kernels/{ready['id']}/events")
    execution = alice.post(f"/kernels/{ready['id']}/executions", json={"code": "1"}).json()["id"]
    api.redis.kill()
    try:
        taken = alice.post(f"/kernels/{ready['id']}/executions", json={"code": "kept"})
        assert taken.status_code == 202, taken.text
        assert alice.get(f"/executions/{taken.json()['id']}").json()["status"] == "queued"
        assert alice.get(f"/kernels/{ready['id']}").json()["memory"] is None
        for method, path in (("GET", "/ready"), ("GET", f"/kernels/{ready['id']}/events")):
            answer = alice.request(method, path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
            assert "Retry-After" in answer.headers
        assert alice.post(f"/executions/{execution}/cancel", json={}).status_code == 503
    finally:
        api.redis.start()
    wait_until(lambda: alice.get("/ready").status_code == 200)
    api.say(ready["uid"], Event(execution, 0, time.time(), Started(GENERATION)))
    wait_until(lambda: "started" in stream.types())


def test_with_redis_away_a_namespaces_restart_has_not_happened_and_can_be_asked_again(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    path = f"/kernels/{ready['id']}/namespaces/f/restart"
    api.redis.kill()
    try:
        assert alice.post(path).status_code == 503
    finally:
        api.redis.start()
    with api.services.ledger.read() as session:
        assert kernels.epoch_of(session, ready["uid"], "f") == 0
    wait_until(lambda: alice.get("/ready").status_code == 200)
    assert alice.post(path).json()["epoch"] == 1
    told: Any = api.redis.admin.lpop(keys.ctl(ready["uid"]))
    assert decode_tagged(CONTROL, told) == RestartNamespace("f", 1)


def test_with_redis_away_a_wish_is_noted(api: ApiServer, alice: httpx.Client, ready: dict[str, Any]) -> None:
    api.redis.kill()
    try:
        assert alice.post(f"/kernels/{ready['id']}/stop").status_code == 202
    finally:
        api.redis.start()


def test_with_the_store_away_files_are_503_and_cells_go_on(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any], weed: Weed
) -> None:
    assert alice.put("/files/before", content=b"x").status_code == 201
    weed.kill()
    try:
        for method in ("GET", "PUT"):
            answer = alice.request(method, "/files/before", content=b"y" if method == "PUT" else None)
            assert answer.status_code == 503, answer.text
        assert alice.get("/ready").status_code == 503
        assert alice.post(f"/kernels/{ready['id']}/executions", json={"code": "1"}).status_code == 202
    finally:
        weed.start()
    wait_until(lambda: alice.get("/ready").status_code == 200)
    assert alice.get("/files/before").content == b"x"
    assert json.loads(alice.get("/files/before?versions").content)["items"][0]["version"] == 1


def test_with_the_store_away_what_was_published_is_503_and_an_upload_goes_on_afterwards(
    api: ApiServer, alice: httpx.Client, weed: Weed
) -> None:
    hers, total = Published(api.services, "alice"), PART_BYTES + 10
    flow = alice.post("/flows", json=DOCUMENT).json()["id"]
    hers.artifact(flow, "kept")
    hers.output(flow, "a")
    hers.version("kept")
    data = bytes(total)
    first = {"Content-Range": f"bytes 0-{PART_BYTES - 1}/{total}"}
    assert alice.put("/files/broken?upload=u", content=data[:PART_BYTES], headers=first).status_code == 202
    contents = (
        f"/flows/{flow}/artifacts/kept/content",
        f"/flows/{flow}/outputs/a/main/content",
        "/catalog/artifacts/kept/versions/1/content",
    )
    last = {"Content-Range": f"bytes {PART_BYTES}-{total - 1}/{total}"}
    weed.kill()
    try:
        for path in contents:
            answer = alice.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable"), path
        # What only the ledger knows is there all the same.
        for path in ("/catalog/artifacts/kept/versions/1", f"/flows/{flow}/artifacts/kept/preview"):
            assert alice.get(path).status_code == 200
        refused = alice.put("/files/broken?upload=u", content=data[PART_BYTES:], headers=last)
        assert refused.status_code == 503
        new = alice.put("/files/new?upload=u", content=data[:PART_BYTES], headers=first)
        assert new.status_code == 503
    finally:
        weed.start()
    for path in contents:
        assert alice.get(path).content == DATA
    asked = alice.put("/files/broken?upload=u", headers={"Content-Range": f"bytes */{total}"})
    assert asked.json()["received"] == PART_BYTES
    assert alice.put("/files/broken?upload=u", content=data[PART_BYTES:], headers=last).status_code == 201
    assert alice.get("/files/broken").content == data
