"""The catalog over HTTP: versions, guards of deletion, promotion, pruning, lineage."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from broker_config.wire import names
from tasks.ledger import catalog
from tests.integration.api_fixtures import admin, alice, api, bob
from tests.integration.api_server import ApiServer
from tests.integration.flow_rows import KERNEL
from tests.integration.published import DATA, Published
from tests.waiting import wait_until

__all__ = ["admin", "alice", "api", "bob"]

FRAME = {"kind": "frame", "type": "polars.DataFrame", "rows": 2, "columns": [], "head": [[1.5], [None]]}
_numbers = iter(range(1_000_000))


@pytest.fixture
def hers(api: ApiServer) -> Published:
    """What alice publishes."""
    return Published(api.services, "alice")


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"model {next(_numbers)}"


def versions(client: httpx.Client, name: str, namespace: str = "default") -> list[int]:
    answer = client.get(f"/catalog/artifacts/{name}?namespace={namespace}")
    return [row["version"] for row in answer.json()["items"]] if answer.status_code == 200 else []


def test_a_name_has_its_versions_newest_first(alice: httpx.Client, hers: Published, name: str) -> None:
    for number in range(5):
        hers.version(name, f"v{number}".encode())
    path = f"/catalog/artifacts/{name}"
    first = alice.get(f"{path}?limit=3").json()
    rest = alice.get(f"{path}?limit=3&after={first['next']}").json()
    assert [row["version"] for row in first["items"] + rest["items"]] == [5, 4, 3, 2, 1]
    assert (first["name"], first["namespace"], first["latest"], rest["next"]) == (name, "default", 5, None)
    assert alice.get(f"{path}/versions/2/content").content == b"v1"


def test_the_list_is_narrowed_by_tags_namespace_name_and_words(
    alice: httpx.Client, bob: httpx.Client, hers: Published
) -> None:
    hers.version("churn", tags=["prod", "eu"], description="Who LEAVES next month")
    hers.version("churn", namespace="lab", tags=["eu"])
    hers.version("delays", tags=["prod"])

    def found(query: str) -> list[str]:
        rows = alice.get(f"/catalog/artifacts?limit=500&{query}").json()["items"]
        return [f"{row['namespace']}::{row['name']}" for row in rows]

    assert found("tags=prod") == ["default::churn", "default::delays"]
    assert found("tags=prod, eu") == ["default::churn"]
    assert found("tags=pro") == []
    assert found("namespace=lab") == ["lab::churn"]
    assert found("name=churn") == ["default::churn", "lab::churn"]
    assert found("q=leaves") == found("q=CHUR&namespace=default") == ["default::churn"]
    assert found("q=%25") == found("q=_") == []
    assert {"default", "lab"} <= set(alice.get("/catalog/namespaces").json()["items"])
    assert bob.get("/catalog/artifacts").json()["items"] == []
    assert bob.get("/catalog/namespaces").json()["items"] == []


def test_a_tag_of_an_older_version_finds_nothing(alice: httpx.Client, hers: Published, name: str) -> None:
    hers.version(name, tags=["only-once"])
    hers.version(name)
    assert alice.get("/catalog/artifacts?tags=only-once").json()["items"] == []


def test_lineage_goes_both_ways(api: ApiServer, alice: httpx.Client, hers: Published, name: str) -> None:
    first = hers.version(name)
    hers.version(f"{name} evaluated", inputs=[f"default::{name}@1", "features"])
    execution_id = names.new_execution_id(KERNEL)
    with api.services.ledger.write() as session:
        catalog.note_read(session, first.id, "other-flow", "p", execution_id, time.time())
    told = alice.get(f"/catalog/artifacts/{name}/versions/1").json()
    assert [(made["name"], made["version"]) for made in told["made_from_it"]] == [(f"{name} evaluated", 1)]
    assert [(r["flow_id"], r["node_id"], r["execution_id"]) for r in told["readers"]] == [
        ("other-flow", "p", execution_id)
    ]
    assert told["producer"]["kernel_id"] == KERNEL
    assert told["producer"]["code_sha256"] == "1" * 64
    back = alice.get(f"/catalog/artifacts/{name} evaluated/versions/1").json()
    assert back["inputs"] == [f"default::{name}@1", "features"]
    assert (back["is_latest"], back["has_preview"], back["made_from_it"]) == (True, False, [])


def test_the_latest_is_deleted_with_force_alone(alice: httpx.Client, hers: Published, name: str) -> None:
    for _ in range(3):
        hers.version(name)
    path = f"/catalog/artifacts/{name}"
    for guarded in (f"{path}/versions/3", path):
        refused = alice.delete(guarded)
        assert refused.status_code == 409
        error = refused.json()["error"]
        assert (error["field"], "force" in error["message"]) == ("force", True)
        assert versions(alice, name) == [3, 2, 1]
    assert alice.delete(f"{path}/versions/1").json() == {"deleted": 1}
    assert alice.delete(f"{path}/versions/3?force=true").json() == {"deleted": 1}
    assert versions(alice, name) == [2]
    # A number is not used again while the name lives; then it starts anew.
    assert hers.version(name).version == 4
    assert alice.delete(f"{path}?force=true").json() == {"deleted": 2}
    assert alice.get(path).status_code == 404
    assert alice.delete(f"{path}?force=true").status_code == 404
    assert hers.version(name).version == 1


def test_a_promoted_version_is_the_latest_again_with_the_same_bytes(
    alice: httpx.Client, hers: Published, name: str
) -> None:
    hers.version(name, b"good", tags=["prod"], description="d", inputs=["x"])
    hers.version(name, b"bad")
    made = alice.post(f"/catalog/artifacts/{name}/versions/1/promote")
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["version"], told["promoted_from"], told["is_latest"]) == (3, 1, True)
    assert (told["tags"], told["description"], told["inputs"]) == (["prod"], "d", ["x"])
    assert alice.get(f"/catalog/artifacts/{name}/versions/3/content").content == b"good"
    again = alice.post(f"/catalog/artifacts/{name}/versions/3/promote")
    assert again.status_code == 409
    # The old one goes; its object is the new one's, too, and stays.
    assert alice.delete(f"/catalog/artifacts/{name}/versions/1").status_code == 200
    assert alice.get(f"/catalog/artifacts/{name}/versions/3/content").content == b"good"


def test_prune_says_first_what_would_go_and_never_takes_the_newest(
    alice: httpx.Client, hers: Published, name: str
) -> None:
    for _ in range(4):
        hers.version(name, namespace="pruned")
    body: dict[str, Any] = {"keep": 2, "namespace": "pruned", "name": name}
    said = alice.post("/catalog/prune", json=body).json()
    assert (said["dry_run"], [v["version"] for v in said["versions"]]) == (True, [1, 2])
    assert said["size"] == 2 * len(DATA)
    assert versions(alice, name, "pruned") == [4, 3, 2, 1]
    young = alice.post("/catalog/prune", json={**body, "older_than_s": 1.0, "dry_run": False})
    assert young.status_code == 200
    done = alice.post("/catalog/prune", json={**body, "keep": 1, "dry_run": False}).json()
    assert done["dry_run"] is False
    assert versions(alice, name, "pruned") == [4]


def test_a_namespace_is_part_of_the_name(alice: httpx.Client, hers: Published, name: str) -> None:
    hers.version(name, b"default's")
    hers.version(name, b"lab's", namespace="the lab ä/".replace("/", "%"))
    path = f"/catalog/artifacts/{name}/versions/1/content"
    assert alice.get(path).content == b"default's"
    assert alice.get(path, params={"namespace": "the lab ä%"}).content == b"lab's"
    assert alice.get(path, params={"namespace": "nowhere"}).status_code == 404


def test_bytes_and_previews_are_given_as_they_are(
    alice: httpx.Client, bob: httpx.Client, hers: Published, name: str
) -> None:
    hers.version(name, preview=FRAME, format="parquet")
    path = f"/catalog/artifacts/{name}/versions/1"
    whole = alice.get(f"{path}/content")
    assert whole.content == DATA
    assert whole.headers["Content-Disposition"].endswith("-v1.parquet")
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert alice.get(f"{path}/content", headers={"Range": "bytes=1-2"}).content == DATA[1:3]
    assert alice.get(f"{path}/preview").json() == {"preview": FRAME}
    assert alice.get(f"{path}/preview/html").status_code == 404
    for tail in ("", "/content", "/preview", "/preview/html"):
        assert bob.get(path + tail).status_code == 404
    assert bob.post(f"{path}/promote").status_code == 404
    assert bob.delete(f"{path}?force=true").status_code == 404


def test_a_damaged_version_says_so_and_others_are_whole(
    api: ApiServer, alice: httpx.Client, hers: Published, name: str
) -> None:
    hers.version(name, b"whole")
    broken = hers.object(b"right")
    hers.version(name, **broken)
    api.services.store.put_bytes(broken["object_key"], b"wrong")
    path = f"/catalog/artifacts/{name}/versions"
    assert alice.get(f"{path}/2/content").status_code == 409
    wait_until(lambda: alice.get(f"{path}/2").json()["damaged"])
    assert alice.get(f"{path}/1/content").content == b"whole"
    hers.version(name, b"newer")
    assert alice.post(f"{path}/2/promote").status_code == 409
    assert "object" in alice.post(f"{path}/2/promote").json()["error"]["message"]
