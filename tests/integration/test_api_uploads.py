"""Shared files in parts, in folders, and again from an older version."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from tasks import file_uploads
from tasks.ledger import uploads, users
from tasks.ledger.models import FileUpload
from tasks.objects.parts import PART_BYTES
from tests.integration.api_fixtures import admin, alice, api, bob
from tests.integration.api_server import SMALL_UPLOAD, ApiServer
from tests.waiting import wait_until
from web.client import Husk
from web.client_parts import file_parts

__all__ = ["admin", "alice", "api", "bob"]

TOTAL = 2 * PART_BYTES + 1000
DATA = os.urandom(TOTAL)
ENDS = (PART_BYTES, 2 * PART_BYTES, TOTAL)


def put(
    client: httpx.Client, path: str, begin: int, end: int, name: str = "u", data: bytes = DATA
) -> httpx.Response:
    span = {"Content-Range": f"bytes {begin}-{end - 1}/{len(data)}"}
    return client.put(f"/files/{path}?upload={name}", content=data[begin:end], headers=span)


def ask(client: httpx.Client, path: str, name: str = "u", total: int = TOTAL) -> httpx.Response:
    return client.put(f"/files/{path}?upload={name}", headers={"Content-Range": f"bytes */{total}"})


def objects(api: ApiServer) -> int:
    return len(list(api.services.store.list("u/")))


def test_parts_make_one_version(alice: httpx.Client) -> None:
    assert ask(alice, "parts.bin").json() == {
        **{"path": "parts.bin", "upload": "u"},
        **{"received": 0, "total": TOTAL},
    }
    for begin, end in ((0, ENDS[0]), (ENDS[0], ENDS[1])):
        answer = put(alice, "parts.bin", begin, end)
        assert (answer.status_code, answer.json()["received"]) == (202, end), answer.text
        assert alice.get("/files/parts.bin").status_code == 404
    made = put(alice, "parts.bin", ENDS[1], TOTAL)
    assert made.status_code == 201, made.text
    digest = hashlib.sha256(DATA).hexdigest()
    assert (made.json()["version"], made.json()["size"], made.json()["sha256"]) == (1, TOTAL, digest)
    assert made.headers["ETag"] == f'"{digest}"'
    assert alice.get("/files/parts.bin").content == DATA
    assert len(alice.get("/files/parts.bin?versions").json()["items"]) == 1


def test_one_request_may_bring_several_parts(alice: httpx.Client) -> None:
    assert put(alice, "two.bin", 0, ENDS[1]).json()["received"] == ENDS[1]
    assert put(alice, "two.bin", ENDS[1], TOTAL).status_code == 201


def test_parts_come_in_order_and_none_twice(alice: httpx.Client) -> None:
    assert put(alice, "order.bin", 0, ENDS[0]).status_code == 202
    for begin, end in ((0, ENDS[0]), (ENDS[1], TOTAL)):
        refused = put(alice, "order.bin", begin, end)
        assert refused.status_code == 409
        assert f"go on at byte {ENDS[0]}" in refused.json()["error"]["message"]
    assert ask(alice, "order.bin").json()["received"] == ENDS[0]
    assert put(alice, "order.bin", ENDS[0], TOTAL).status_code == 201


def test_an_upload_has_one_size(alice: httpx.Client) -> None:
    assert put(alice, "size.bin", 0, ENDS[0]).status_code == 202
    assert put(alice, "size.bin", ENDS[0], ENDS[1], data=DATA + b"more").status_code == 409
    assert ask(alice, "size.bin", total=5).status_code == 409


def test_two_uploads_of_one_path_do_not_mix(alice: httpx.Client, bob: httpx.Client) -> None:
    other = os.urandom(TOTAL)
    assert put(alice, "mixed.bin", 0, ENDS[0], "one").status_code == 202
    assert put(alice, "mixed.bin", 0, ENDS[1], "two", other).status_code == 202
    # Somebody else's of the same names is another.
    assert ask(bob, "mixed.bin", "one").json()["received"] == 0
    assert put(alice, "mixed.bin", ENDS[0], TOTAL, "one").json()["version"] == 1
    assert put(alice, "mixed.bin", ENDS[1], TOTAL, "two", other).json()["version"] == 2
    assert alice.get("/files/mixed.bin?version=1").content == DATA
    assert alice.get("/files/mixed.bin").content == other
    assert bob.get("/files/mixed.bin").status_code == 404


def test_a_part_that_breaks_off_is_gone_on_with(api: ApiServer, alice: httpx.Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
    headers = {
        "Authorization": f"Bearer {api.tokens['alice']}",
        "Content-Range": f"bytes 0-{TOTAL - 1}/{TOTAL}",
        "Content-Length": str(TOTAL),
    }
    connection.request(
        "PUT", "/api/v1/files/broken.bin?upload=u", headers=headers, body=DATA[: PART_BYTES + 77]
    )
    connection.close()
    wait_until(lambda: ask(alice, "broken.bin").json()["received"] == PART_BYTES)
    assert put(alice, "broken.bin", PART_BYTES, TOTAL).status_code == 201
    assert alice.get("/files/broken.bin").content == DATA


def test_a_finished_upload_that_was_not_recorded_is_finished_by_asking(
    api: ApiServer, alice: httpx.Client
) -> None:
    for begin, end in zip((0, *ENDS[:-1]), ENDS[:-1], strict=False):
        assert put(alice, "again.bin", begin, end).status_code == 202
    with api.services.ledger.read() as session:
        user = users.by_name(session, "alice")
        assert user is not None
    coming = file_uploads.Coming(user.id, "again.bin", "u", TOTAL)

    class Rest:
        def __init__(self) -> None:
            self.left = DATA[ENDS[1] :]

        def read(self, size: int) -> bytes:
            piece, self.left = self.left[:size], self.left[size:]
            return piece

    # As if the web process had died just before the version was written.
    assert file_uploads.take(api.services, coming, ENDS[1], Rest()) == TOTAL
    assert file_uploads.finish(api.services, coming).size == TOTAL
    answer = ask(alice, "again.bin")
    assert (answer.status_code, answer.json()["version"]) == (201, 1)
    assert alice.get("/files/again.bin").content == DATA
    assert ask(alice, "again.bin").json()["received"] == 0


def test_what_is_given_up_leaves_nothing(api: ApiServer, alice: httpx.Client, bob: httpx.Client) -> None:
    before = objects(api)
    assert put(alice, "up.bin", 0, ENDS[1]).status_code == 202
    assert bob.delete("/files/up.bin?upload=u").status_code == 404
    assert alice.delete("/files/up.bin?upload=u").status_code == 204
    assert alice.delete("/files/up.bin?upload=u").status_code == 404
    assert ask(alice, "up.bin").json()["received"] == 0
    assert put(alice, "up.bin", ENDS[1], TOTAL).status_code == 409
    assert objects(api) == before


def test_an_upload_that_nobody_goes_on_with_is_swept(api: ApiServer, alice: httpx.Client) -> None:
    for name in ("old", "new"):
        assert put(alice, "swept.bin", 0, ENDS[0], name).status_code == 202
    long_ago = time.time() - file_uploads.KEPT_S - 1
    with api.services.ledger.write() as session:
        session.execute(update(FileUpload).where(FileUpload.name == "old").values(touched_at=long_ago))
    file_uploads.sweep(api.services)
    assert ask(alice, "swept.bin", "old").json()["received"] == 0
    assert ask(alice, "swept.bin", "new").json()["received"] == ENDS[0]


def test_uploads_in_parts_keep_to_bounds(api: ApiServer, alice: httpx.Client, bob: httpx.Client) -> None:
    over = {"Content-Range": f"bytes 0-{PART_BYTES - 1}/{SMALL_UPLOAD + 1}"}
    answer = alice.put("/files/over.bin?upload=u", content=DATA[:PART_BYTES], headers=over)
    assert answer.status_code == 413
    odd = alice.put(
        "/files/odd.bin?upload=u", content=b"x" * 10, headers={"Content-Range": f"bytes 0-9/{TOTAL}"}
    )
    assert (odd.status_code, odd.json()["error"]["field"]) == (422, "Content-Range")
    for number in range(file_uploads.MOST_AT_ONCE):
        with api.services.ledger.write() as session:
            bobs = users.by_name(session, "bob")
            assert bobs is not None
            new = uploads.NewUpload(bobs.id, "many", f"n{number}", 10, "no key", "no upload")
            uploads.begin(session, new, time.time())
    refused = put(bob, "one-more", 0, ENDS[0])
    assert refused.status_code == 409
    assert "begun and not ended" in refused.json()["error"]["message"]


def test_an_upload_that_the_store_has_forgotten_begins_again(api: ApiServer, alice: httpx.Client) -> None:
    assert put(alice, "forgotten", 0, ENDS[0]).status_code == 202
    with api.services.ledger.read() as session:
        user = users.by_name(session, "alice")
        assert user is not None
        row = uploads.find(session, user.id, "forgotten", "u")
        assert row is not None
    api.services.store.pieces(row.object_key).abort(row.store_id)
    told = put(alice, "forgotten", ENDS[0], ENDS[1])
    assert told.status_code == 409
    assert "begin again" in told.json()["error"]["message"]
    assert ask(alice, "forgotten").json()["received"] == 0
    assert put(alice, "forgotten", 0, ENDS[1]).status_code == 202
    assert put(alice, "forgotten", ENDS[1], TOTAL).status_code == 201


def test_a_folder_is_no_place_for_an_upload(alice: httpx.Client) -> None:
    alice.put("/files/place/a.txt", content=b"x")
    assert put(alice, "place", 0, ENDS[0]).status_code == 409
    assert put(alice, "place/a.txt/b", 0, ENDS[0]).status_code == 409


def test_folders_show_what_is_directly_in_them(alice: httpx.Client, bob: httpx.Client) -> None:
    for name in ("top.txt", "b/one", "b/two", "b/deep/er/x", "b.txt", "a b/c", "ä/c", "b0"):
        alice.put(f"/files/walk/{name}", content=b"x")

    def shown(prefix: str, limit: int = 500) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            query = {
                "prefix": prefix,
                "delimiter": "/",
                "limit": str(limit),
                **({"after": after} if after else {}),
            }
            page = alice.get("/files", params=query).json()
            assert len(page["items"]) + len(page["folders"]) <= limit
            found += page["folders"] + [row["path"] for row in page["items"]]
            after = page["next"]
            if after is None:
                return found

    whole = ["walk/a b/", "walk/b/", "walk/ä/", "walk/b.txt", "walk/b0", "walk/top.txt"]
    assert shown("walk/") == whole
    assert sorted(shown("walk/", 2)) == sorted(shown("walk/", 1)) == sorted(whole)
    assert shown("walk/b/") == ["walk/b/deep/", "walk/b/one", "walk/b/two"]
    assert shown("walk/nothing/") == []
    assert bob.get("/files?delimiter=/").json() == {"items": [], "folders": [], "next": None}


def test_a_folder_of_many_files_is_one_entry(alice: httpx.Client) -> None:
    for number in range(30):
        alice.put(f"/files/many/{number // 10}/{number}", content=b"")
    alice.put("/files/many/last", content=b"")
    page = alice.get("/files?prefix=many/&delimiter=/&limit=2").json()
    assert (page["folders"], page["items"]) == (["many/0/", "many/1/"], [])
    rest = alice.get(f"/files?prefix=many/&delimiter=/&limit=2&after={page['next']}").json()
    assert (rest["folders"], [row["path"] for row in rest["items"]]) == (["many/2/"], ["many/last"])
    assert rest["next"] is None


def test_an_old_version_is_the_latest_again(alice: httpx.Client, bob: httpx.Client) -> None:
    for text in (b"one", b"two"):
        alice.put("/files/r/a.txt", content=text)
    assert bob.post("/files/r/a.txt", json={"restore": 1}).status_code == 404
    made = alice.post("/files/r/a.txt", json={"restore": 1})
    assert (made.status_code, made.json()["version"]) == (201, 3)
    assert alice.get("/files/r/a.txt").content == b"one"
    assert alice.get("/files/r/a.txt?version=2").content == b"two"
    alice.delete("/files/r/a.txt")
    assert alice.post("/files/r/a.txt", json={"restore": 4}).status_code == 404
    assert alice.post("/files/r/a.txt", json={"restore": 2}).json()["version"] == 5
    assert alice.get("/files/r/a.txt").content == b"two"


def test_a_restored_version_finds_no_place_where_a_folder_is_by_now(alice: httpx.Client) -> None:
    alice.put("/files/gone", content=b"x")
    alice.delete("/files/gone")
    alice.put("/files/gone/a", content=b"x")
    assert alice.post("/files/gone", json={"restore": 1}).status_code == 409


def test_the_client_goes_on_with_an_upload_of_another_day(
    api: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_parts, "PART_BYTES", PART_BYTES)
    monkeypatch.setattr("web.client_parts.files.LARGE_BYTES", PART_BYTES)
    local = tmp_path / "large.bin"
    local.write_bytes(DATA)
    sent: list[int] = []
    with Husk(api.url, api.tokens["alice"]) as husk:
        broken = httpx.Client(base_url=api.url, headers=husk.files._http.client.headers)

        class Stops(Exception):
            """The first part is through."""

        def stop(count: int) -> None:
            sent.append(count)
            if sum(sent) > PART_BYTES:
                raise Stops

        with pytest.raises(Stops):
            husk.files.put("large.bin", local, stop)
        name = file_parts.PartUpload(husk.files._http, "/files/large.bin", local, print)._name
        wait_until(lambda: ask(broken, "large.bin", name).json()["received"] == PART_BYTES)
        sent.clear()
        made = husk.files.put("large.bin", local, sent.append)
        assert (made["version"], made["sha256"]) == (1, hashlib.sha256(DATA).hexdigest())
        assert sum(sent) == TOTAL
        broken.close()
        assert husk.files.get("large.bin") == DATA
        husk.files.put("in/a folder/x.txt", b"x")
        assert list(husk.files.folder("in/")) == ["in/a folder/"]
        assert [row["path"] for row in husk.files.folder("in/a folder/") if not isinstance(row, str)] == [
            "in/a folder/x.txt"
        ]
        assert husk.files.restore("large.bin", 1)["version"] == 2
