"""Shared files over HTTP, with a real object store."""

from __future__ import annotations

import hashlib
import http.client
import os
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import psutil
import pytest

from tasks.ledger import files, users
from tasks.ledger.endings import Output
from tasks.objects.keys import kernel_prefix
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import SMALL_UPLOAD, ApiServer
from tests.integration.ledger_rows import end_with
from tests.waiting import wait_until

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

MB = 1024 * 1024


def sum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 100_000, 20 * MB])
def test_what_was_written_is_read_back(alice: httpx.Client, size: int) -> None:
    data = os.urandom(size)
    path = f"/files/sizes/{size}.bin"
    made = alice.put(path, content=data)
    assert made.status_code == 201, made.text
    assert (made.json()["size"], made.json()["sha256"], made.json()["version"]) == (size, sum_of(data), 1)
    answer = alice.get(path)
    assert answer.content == data
    assert answer.headers["ETag"] == made.headers["ETag"] == f'"{sum_of(data)}"'
    assert answer.headers["Content-Disposition"].startswith("attachment")
    head = alice.head(path)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(size), b"")


@pytest.mark.parametrize(
    ("asked", "status", "begin", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=990-", 206, 990, 1000),
        ("bytes=-5", 206, 995, 1000),
        ("bytes=990-5000", 206, 990, 1000),
        ("bytes=0-999", 200, 0, 1000),
        ("bytes=0-1,5-6", 200, 0, 1000),
        ("lines=0-1", 200, 0, 1000),
        ("nonsense", 200, 0, 1000),
        ("bytes=1000-", 416, 0, 0),
        ("bytes=5-2", 200, 0, 1000),
    ],
)
def test_ranges_are_answered(alice: httpx.Client, asked: str, status: int, begin: int, end: int) -> None:
    data = bytes(range(250)) * 4
    alice.put("/files/range.bin", content=data)
    answer = alice.get("/files/range.bin", headers={"Range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */1000"
        assert answer.json()["error"]["code"] == "range_not_satisfiable"
        return
    assert answer.content == data[begin:end]
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/1000"


def test_conditions_are_answered(alice: httpx.Client) -> None:
    tag = alice.put("/files/tag.txt", content=b"0123456789").headers["ETag"]
    assert alice.get("/files/tag.txt", headers={"If-None-Match": tag}).status_code == 304
    part = {"Range": "bytes=0-1", "If-Range": tag}
    assert alice.get("/files/tag.txt", headers=part).status_code == 206
    assert alice.get("/files/tag.txt", headers={**part, "If-Range": '"other"'}).status_code == 200


def test_every_version_stays_readable(alice: httpx.Client) -> None:
    for text in (b"one", b"two"):
        alice.put("/files/v/a.txt", content=text)
    assert alice.delete("/files/v/a.txt").status_code == 204
    assert alice.get("/files/v/a.txt").status_code == 404
    assert alice.delete("/files/v/a.txt").status_code == 404
    listed = alice.get("/files/v/a.txt?versions").json()["items"]
    assert [(row["version"], row["deleted"]) for row in listed] == [(3, True), (2, False), (1, False)]
    assert alice.get("/files/v/a.txt?version=1").content == b"one"
    assert alice.get("/files/v/a.txt?version=3").status_code == 404
    assert alice.get("/files?prefix=v/").json()["items"] == []
    assert alice.put("/files/v/a.txt", content=b"back").json()["version"] == 4


def test_lists_go_by_prefix_and_page(alice: httpx.Client, bob: httpx.Client) -> None:
    for name in ("l/a", "l/b/c", "l/b/d", "lx"):
        alice.put(f"/files/{name}", content=b"")
    first = alice.get("/files?prefix=l/&limit=2").json()
    rest = alice.get(f"/files?prefix=l/&limit=2&after={first['next']}").json()
    assert [row["path"] for row in first["items"] + rest["items"]] == ["l/a", "l/b/c", "l/b/d"]
    assert rest["next"] is None
    assert bob.get("/files?prefix=l/").json()["items"] == []


def test_a_file_and_a_folder_do_not_share_a_path(alice: httpx.Client) -> None:
    alice.put("/files/both/a", content=b"")
    assert alice.put("/files/both", content=b"").status_code == 409
    assert alice.put("/files/both/a/b", content=b"").status_code == 409


def test_names_keep_their_characters_and_are_normalized(alice: httpx.Client) -> None:
    decomposed, composed = "nämé %2F #?.txt".replace("é", "e\u0301"), "nämé %2F #?.txt"
    assert alice.put(f"/files/{quote(decomposed)}", content=b"x").json()["path"] == composed
    assert alice.get(f"/files/{quote(composed)}").content == b"x"


def test_an_upload_over_the_limit_is_refused_early_and_late(api: ApiServer, alice: httpx.Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
    token = {"Authorization": f"Bearer {api.tokens['alice']}"}
    connection.request(
        "PUT", "/api/v1/files/huge", headers={**token, "Content-Length": str(SMALL_UPLOAD + 1)}
    )
    assert connection.getresponse().status == 413
    connection.close()
    before = len(list(api.services.store.list("u/")))
    chunk = bytes(MB)
    answer = alice.put("/files/huge", content=(chunk for _ in range(SMALL_UPLOAD // MB + 10)))
    assert answer.status_code == 413, answer.text
    assert alice.get("/files/huge").status_code == 404
    assert len(list(api.services.store.list("u/"))) == before


def test_an_upload_that_breaks_off_leaves_nothing(api: ApiServer, alice: httpx.Client) -> None:
    before = len(list(api.services.store.list("u/")))
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
    token = {"Authorization": f"Bearer {api.tokens['alice']}"}
    connection.request(
        "PUT", "/api/v1/files/half", headers={**token, "Content-Length": "1000000"}, body=b"x" * 500
    )
    connection.close()
    # Its request thread has done with it once the request is counted.
    with api.client("admin") as admin:
        wait_until(lambda: 'endpoint="files.write",method="PUT",status="400"' in admin.get("/metrics").text)
    assert alice.get("/files/half").status_code == 404
    assert len(list(api.services.store.list("u/"))) == before


def test_uploads_and_downloads_take_little_memory(api: ApiServer, alice: httpx.Client) -> None:
    assert api.pid is not None
    workers = psutil.Process(api.pid).children(recursive=True)
    before = max(worker.memory_info().rss for worker in workers)
    data = os.urandom(38 * MB)
    for number in range(4):
        assert alice.put(f"/files/big{number}", content=data).status_code == 201
        with alice.stream("GET", f"/files/big{number}") as answer:
            assert sum(len(chunk) for chunk in answer.iter_bytes()) == len(data)
    after = max(worker.memory_info().rss for worker in workers)
    assert after - before < len(data)


@pytest.mark.parametrize("size", [1000, 3 * MB])
def test_a_damaged_file_is_never_given_as_whole(api: ApiServer, alice: httpx.Client, size: int) -> None:
    alice.put("/files/damaged", content=b"x" * size)
    with api.services.ledger.read() as session:
        user = users.by_name(session, "alice")
        assert user is not None
        row = files.latest(session, user.id, "damaged")
        assert row is not None
    api.services.store.put_bytes(str(row.object_key), b"y" * size)
    if size > MB:
        with pytest.raises(httpx.RemoteProtocolError):
            alice.get("/files/damaged")
    wait_until(lambda: alice.get("/files/damaged").status_code == 409)


def test_large_output_is_given_by_reference_and_nothing_else(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, ready: dict[str, Any]
) -> None:
    execution = alice.post(f"/kernels/{ready['id']}/executions", json={"code": "1"}).json()["id"]
    own, foreign, absent = (
        f"{kernel_prefix(uid)}u/{uuid4()}" for uid in (ready["uid"], "B" * 12, ready["uid"])
    )
    for key in (own, foreign):
        api.services.store.put_bytes(key, b"0123456789")
    lost = [{"name": "stdout", "total_bytes": 10, "kept_bytes": 2, "full": own}]
    shown = {"kind": "display", "data": {"text/html": {"ref": foreign, "size": 10}}}
    end_with(api.services.ledger, execution, Output([shown], lost))
    path = f"/executions/{execution}/objects/"
    assert alice.get(path + own).content == b"0123456789"
    assert alice.get(path + own, headers={"Range": "bytes=2-3"}).content == b"23"
    assert alice.get(path + own).headers["Content-Security-Policy"].endswith("sandbox")
    assert alice.get(path + foreign).status_code == 404
    assert alice.get(path + absent).status_code == 404
    assert bob.get(path + own).status_code == 404
