"""Local artifacts over HTTP: of saved flows, of cells' own ids, of a kernel's loose cells."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tasks.housekeeping import Housekeeping
from tasks.ledger import catalog, outputs
from tasks.ledger.artifacts import CELLS, RUN
from tests.integration.api_fixtures import admin, alice, api, bob, kernel
from tests.integration.api_server import ApiServer
from tests.integration.published import DATA, DOCUMENT, Published
from tests.waiting import wait_until

__all__ = ["admin", "alice", "api", "bob", "kernel"]

HTML = {"kind": "estimator", "html": "<b>a forest</b><script>top.x=1</script>", "parameters": {"n": "5"}}


@pytest.fixture
def hers(api: ApiServer) -> Published:
    """What alice publishes."""
    return Published(api.services, "alice")


@pytest.fixture
def flow(alice: httpx.Client) -> str:
    """A saved flow of alice's."""
    return str(alice.post("/flows", json=DOCUMENT).json()["id"])


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["items"]]


def test_cells_artifacts_lie_over_those_of_runs(alice: httpx.Client, hers: Published, flow: str) -> None:
    hers.artifact(flow, "model", b"of a run", scope=RUN)
    hers.artifact(flow, "table", b"of a run", scope=RUN, node="b")
    hers.artifact(flow, "model", b"of a cell", scope=CELLS)
    path = f"/flows/{flow}/artifacts"
    listed = alice.get(path).json()["items"]
    assert [(row["name"], row["scope"], row["node_name"]) for row in listed] == [
        ("model", "cells", "Load"),
        ("table", "run", "Train"),
    ]
    assert alice.get(f"{path}/model/content").content == b"of a cell"
    assert alice.get(f"{path}/model").json() == listed[0]
    assert names(alice.get(f"{path}?node=b")) == ["table"]


def test_lists_are_paged_by_name(alice: httpx.Client, hers: Published, flow: str) -> None:
    for number in range(5):
        hers.artifact(flow, f"m{number}", b"x", node=f"n{number}")
    found, after = [], ""
    while after is not None:
        page = alice.get(f"/flows/{flow}/artifacts?limit=2{after and f'&after={after}'}")
        found += names(page)
        after = page.json()["next"]
    assert found == [f"m{number}" for number in range(5)]


def test_bytes_are_given_whole_or_in_ranges_and_never_shown(
    alice: httpx.Client, hers: Published, flow: str
) -> None:
    hers.artifact(flow, "model", format="joblib")
    path = f"/flows/{flow}/artifacts/model/content"
    whole = alice.get(path)
    assert whole.content == DATA
    assert whole.headers["Content-Disposition"] == "attachment; filename*=UTF-8''model.joblib"
    assert whole.headers["Content-Type"] == "application/octet-stream"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Security-Policy"].endswith("sandbox")
    part = alice.get(path, headers={"Range": "bytes=-6"})
    assert (part.status_code, part.content) == (206, DATA[-6:])
    assert alice.get(path, headers={"Range": f"bytes={len(DATA)}-"}).status_code == 416
    assert alice.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert alice.head(path).headers["Content-Length"] == str(len(DATA))


def test_flipped_bytes_are_never_given_as_whole(
    api: ApiServer, alice: httpx.Client, hers: Published, flow: str
) -> None:
    hers.artifact(flow, "model", b"right")
    path = f"/flows/{flow}/artifacts/model"
    broken = hers.object(b"right")
    hers.artifact(flow, "broken", **broken)
    api.services.store.put_bytes(broken["object_key"], b"wrong")
    assert alice.get(f"/flows/{flow}/artifacts/broken/content").status_code == 409
    wait_until(lambda: alice.get(f"/flows/{flow}/artifacts/broken").json()["damaged"])
    assert alice.get(f"/flows/{flow}/artifacts/broken/content").json()["error"]["code"] == "conflict"
    assert alice.get(f"{path}/content").content == b"right"


def test_a_preview_is_data_and_its_html_reaches_nothing(
    alice: httpx.Client, bob: httpx.Client, hers: Published, flow: str
) -> None:
    hers.artifact(flow, "model", preview=HTML)
    hers.artifact(flow, "plain", preview=None)
    path = f"/flows/{flow}/artifacts"
    assert alice.get(f"{path}/model/preview").json() == {"preview": HTML}
    assert alice.get(f"{path}/plain/preview").json() == {"preview": None}
    shown = alice.get(f"{path}/model/preview/html")
    assert HTML["html"] in shown.text
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy
    as_page = alice.get(f"{path}/model/preview/html", headers={"Sec-Fetch-Dest": "document"})
    assert as_page.status_code == 403
    assert alice.get(f"{path}/plain/preview/html").status_code == 404
    assert bob.get(f"{path}/model/preview/html").status_code == 404


def test_a_deleted_artifact_is_seen_neither_by_cells_nor_by_runs(
    alice: httpx.Client, hers: Published, flow: str
) -> None:
    hers.artifact(flow, "model", b"of a run", scope=RUN)
    hers.artifact(flow, "model", b"of a cell", scope=CELLS)
    path = f"/flows/{flow}/artifacts/model"
    assert alice.delete(path).status_code == 204
    assert alice.get(path).status_code == 404
    assert alice.delete(path).status_code == 404
    assert names(alice.get(f"/flows/{flow}/artifacts")) == []


def test_cells_under_an_id_of_ones_own_have_artifacts_without_a_saved_flow(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, hers: Published
) -> None:
    hers.artifact("analysis", "x", b"alice's")
    assert names(alice.get("/flows/analysis/artifacts")) == ["x"]
    # The same id of somebody else's cells is another place, and nothing is there.
    assert bob.get("/flows/analysis/artifacts").status_code == 404
    Published(api.services, "bob").artifact("analysis", "x", b"bob's")
    assert bob.get("/flows/analysis/artifacts/x/content").content == b"bob's"
    assert alice.get("/flows/analysis/artifacts/x/content").content == b"alice's"
    assert alice.get("/flows/analysis").status_code == 404
    assert alice.get("/flows/nothing-there/artifacts").status_code == 404


def test_a_kernels_loose_cells_are_seen_by_whom_it_is_shared_with_and_deleted_by_its_owner(
    alice: httpx.Client, bob: httpx.Client, admin: httpx.Client, hers: Published, kernel: dict[str, Any]
) -> None:
    path = f"/flows/~{kernel['uid']}/artifacts"
    assert names(alice.get(path)) == []
    hers.artifact(f"~{kernel['uid']}", "loose")
    assert names(alice.get(path)) == names(admin.get(path)) == ["loose"]
    assert bob.get(path).status_code == 404
    shares = {"shares": [{"user": "bob", "role": "editor"}]}
    assert alice.put(f"/kernels/{kernel['uid']}/shares", json=shares).status_code == 200
    assert bob.get(f"{path}/loose/content").content == DATA
    assert bob.delete(f"{path}/loose").status_code == 403
    assert alice.delete(f"{path}/loose").status_code == 204


def test_a_read_only_token_and_a_viewer_delete_nothing(
    api: ApiServer, alice: httpx.Client, hers: Published, flow: str
) -> None:
    hers.artifact(flow, "model")
    made = alice.post("/tokens", json={"name": "r", "scope": "read"}).json()["token"]
    with api.client(None, headers={"Authorization": f"Bearer {made}"}) as reader:
        assert reader.get(f"/flows/{flow}/artifacts/model").status_code == 200
        assert reader.delete(f"/flows/{flow}/artifacts/model").status_code == 403
    with api.client("vera") as vera:
        assert vera.post("/flows", json=DOCUMENT).status_code == 403
        assert vera.get("/flows").json()["items"] == []
        assert vera.get(f"/flows/{flow}/artifacts").status_code == 404
        assert vera.delete(f"/flows/{flow}/artifacts/model").status_code == 403


def test_a_download_finds_an_object_that_housekeeping_just_moved(
    api: ApiServer, alice: httpx.Client, hers: Published, flow: str
) -> None:
    hers.output(flow, "a", "main", b"moves")
    hers.version("moves", b"moves")
    Housekeeping(api.services).tick()
    with api.services.ledger.read() as session:
        moved = outputs.of_flow(session, hers.owner.id, flow)[0]
        version = catalog.latest(session, hers.owner.id, "default", "moves")
    assert (moved.promoted, version.promoted) == (True, True)
    assert not moved.object_key.startswith("k/")
    assert alice.get(f"/flows/{flow}/outputs/a/main/content").content == b"moves"
    assert alice.get("/catalog/artifacts/moves/versions/1/content").content == b"moves"
