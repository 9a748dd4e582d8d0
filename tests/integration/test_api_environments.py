"""Packages and locks through the API, with a lifecycle worker that asks an index of the test's own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from broker_config import keys
from broker_config.wire.errors import NotFound, ResolutionFailed
from tasks.environments.base_set import base_roots
from tasks.environments.locks import parse
from tests.integration.api_fixtures import admin, alice, api, bob
from tests.integration.api_server import ApiServer
from tests.integration.package_index import Index, serving, with_base_set
from tests.waiting import wait_until
from web.client import Husk

__all__ = ["admin", "alice", "api", "bob"]

REPORTED_S = 30
_numbers = iter(range(1_000_000))


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    """The base set, of empty packages, and some that need each other."""
    with serving() as served:
        with_base_set(served)
        for version in ("1.0", "1.1"):
            served.put("left", version, requires=["middle"])
        served.put("middle", "2.0")
        served.put("right", "1.0", requires=["middle<2"])
        yield served


@contextmanager
def lifecycle(api: ApiServer, index: Index) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the API's own broker and ledger."""
    told = {**api.environ(), "HUSK_INDEX_URL": index.url}
    with (api.folder / "lifecycle.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tasks", "lifecycle"], env=told, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: api.services.redis.exists(keys.RUNTIME), REPORTED_S, "the worker reports")
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module", autouse=True)
def _worker(api: ApiServer, index: Index) -> Iterator[None]:
    with lifecycle(api, index):
        yield


def make(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = client.post("/kernels", json={"id": f"e{next(_numbers)}", **fields}, timeout=80)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def error(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json()["error"])


def versions(lock: dict[str, Any]) -> dict[str, str]:
    return {pin["name"]: pin["version"] for pin in lock["packages"]}


def told(admin: httpx.Client, uid: str) -> list[dict[str, Any]]:
    """What the audit has of a kernel's locks, newest first."""
    return list(admin.get(f"/audit?action=kernel.lock&kernel={uid}").json()["items"])


def test_packages_are_locked_when_a_kernel_is_made(alice: httpx.Client, admin: httpx.Client) -> None:
    row = make(alice, packages=["Left >= 1"])
    assert row["packages"] == ["left>=1"]
    assert row["locked_by"] == "alice"
    answer = alice.get(f"/kernels/{row['uid']}/lock").json()
    lock = answer["lock"]
    assert (lock["digest"], lock["wishes"], answer["locked_by"]) == (row["lock_digest"], ["left>=1"], "alice")
    found = versions(lock)
    assert (found["left"], found["middle"]) == ("1.1", "2.0")
    assert set(base_roots("base")) < set(found)
    assert all(len(one) == 64 for pin in lock["packages"] for one in pin["hashes"])
    (event,) = told(admin, row["uid"])
    assert (event["actor"], event["detail"]["digest"]) == ("alice", lock["digest"])


def test_the_lock_is_a_file_for_who_asks_for_one(alice: httpx.Client) -> None:
    uid = make(alice, packages="left==1.0")["uid"]
    lock = alice.get(f"/kernels/{uid}/lock").json()["lock"]
    for more in ({"params": {"download": "1"}}, {"headers": {"Accept": "text/plain"}}):
        answer = alice.get(f"/kernels/{uid}/lock", **more)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Content-Disposition"].endswith('-lock.txt"')
        assert answer.text == lock["text"]
        assert parse(answer.text).digest == lock["digest"]


def test_a_kernel_without_packages_has_no_lock_and_nothing_to_build(alice: httpx.Client) -> None:
    row = make(alice)
    assert (row["packages"], row["lock_digest"], row["locked_by"]) == ([], None, None)
    answer = alice.get(f"/kernels/{row['uid']}/lock").json()
    assert (answer["lock"], answer["locked_at"]) == (None, None)
    assert error(alice.get(f"/kernels/{row['uid']}/lock?download=1"), 404)["code"] == "not_found"
    assert alice.get(f"/kernels/{row['uid']}/build").json() == {"state": "none", "lines": [], "digest": None}
    assert error(alice.post(f"/kernels/{row['uid']}/lock", json={}), 409)["code"] == "conflict"


@pytest.mark.parametrize("packages", [["left", "right"], ["no-such-package-here"], ["left==9"]])
def test_what_does_not_go_together_is_told_in_uvs_words_and_nothing_is_made(
    alice: httpx.Client, packages: list[str]
) -> None:
    name = f"e{next(_numbers)}"
    told_ = error(alice.post("/kernels", json={"id": name, "packages": packages}, timeout=80), 422)
    assert told_["code"] == "resolution_failed"
    assert packages[-1].partition("==")[0] in told_["message"]
    assert alice.get(f"/kernels/{name}").status_code == 404
    asked = {"packages": packages}
    assert (
        error(alice.post("/environments/resolve", json=asked, timeout=80), 422)["code"] == "resolution_failed"
    )


def test_an_id_that_is_taken_is_known_before_packages_are_asked_for(
    alice: httpx.Client, index: Index
) -> None:
    row = make(alice)
    asked = len(index.asked)
    answer = alice.post("/kernels", json={"id": row["id"], "packages": ["left"]})
    assert error(answer, 409)["field"] == "id"
    assert len(index.asked) == asked


def test_a_change_that_cannot_be_resolved_leaves_the_kernel_as_it_is(alice: httpx.Client) -> None:
    before = make(alice, packages=["left"])
    answer = alice.patch(
        f"/kernels/{before['uid']}", json={"name": "other", "packages": ["left", "right"]}, timeout=80
    )
    assert error(answer, 422)["code"] == "resolution_failed"
    after = alice.get(f"/kernels/{before['uid']}").json()
    assert {**after, "asked_at": None} == {**before, "asked_at": None}


def test_a_lock_is_the_same_environment_for_somebody_else(
    alice: httpx.Client, bob: httpx.Client, admin: httpx.Client
) -> None:
    hers = make(alice, packages=["left"])
    text = alice.get(f"/kernels/{hers['uid']}/lock?download=1").text
    his = make(bob, lock=text)
    assert (his["lock_digest"], his["packages"]) == (hers["lock_digest"], ["left"])
    assert (his["locked_by"], bob.get(f"/kernels/{his['uid']}/lock").json()["locked_by"]) == ("bob", "bob")
    (event,) = told(admin, his["uid"])
    assert event["detail"]["how"] == "given"


def test_a_lock_and_fields_that_say_otherwise_are_refused(alice: httpx.Client) -> None:
    row = make(alice, packages=["left"])
    text = alice.get(f"/kernels/{row['uid']}/lock?download=1").text
    for said, field in (
        ({"packages": ["middle"]}, "packages"),
        ({"flavour": "ml"}, "lock"),
        ({"allow_sdist": True}, "allow_sdist"),
    ):
        told_ = error(alice.post("/kernels", json={"id": "never", "lock": text, **said}), 422)
        assert told_["field"] == field, said
    same = make(alice, lock=text, packages=["LEFT"], flavour="base", allow_sdist=False)
    assert same["lock_digest"] == row["lock_digest"]
    older = text.replace("# python 3.11", "# python 3.9")
    assert "Python 3.9" in error(alice.post("/kernels", json={"id": "never", "lock": older}), 422)["message"]
    assert alice.get("/kernels/never").status_code == 404


def test_a_change_stays_close_to_the_lock_and_an_update_takes_what_is_newest(
    alice: httpx.Client, admin: httpx.Client, index: Index
) -> None:
    index.put("moving", "1.0")
    uid = make(alice, packages=["moving"])["uid"]
    index.put("moving", "1.1")
    changed = alice.patch(f"/kernels/{uid}", json={"packages": "moving, middle"}, timeout=80).json()
    lock = alice.get(f"/kernels/{uid}/lock").json()["lock"]
    assert (versions(lock)["moving"], versions(lock)["middle"]) == ("1.0", "2.0")
    dry = alice.post(f"/kernels/{uid}/lock", json={"dry_run": True}, timeout=80).json()
    assert dry["difference"] == [{"name": "moving", "before": "1.0", "after": "1.1"}]
    assert dry["locked_by"] is None
    assert alice.get(f"/kernels/{uid}").json()["lock_digest"] == changed["lock_digest"]
    done = alice.post(f"/kernels/{uid}/lock", json={}, timeout=80).json()
    assert (done["lock"]["digest"], done["locked_by"]) == (dry["lock"]["digest"], "alice")
    assert alice.get(f"/kernels/{uid}").json()["lock_digest"] == done["lock"]["digest"]
    assert [event["detail"]["changes"] for event in told(admin, uid)][:2] == [1, 1]
    # Back to what was, exactly: locks that were are worth keeping.
    back = alice.patch(f"/kernels/{uid}", json={"lock": lock["text"]}).json()
    assert back["lock_digest"] == lock["digest"]


def test_what_changes_nothing_asks_nobody(alice: httpx.Client, index: Index) -> None:
    row = make(alice, packages=["left"])
    asked = len(index.asked)
    same = alice.patch(f"/kernels/{row['uid']}", json={"packages": "LEFT"}).json()
    assert (same["lock_digest"], same["locked_at"]) == (row["lock_digest"], row["locked_at"])
    assert len(index.asked) == asked


def test_packages_are_taken_away_by_naming_none(alice: httpx.Client, admin: httpx.Client) -> None:
    uid = make(alice, packages=["left"])["uid"]
    row = alice.patch(f"/kernels/{uid}", json={"packages": []}).json()
    assert (row["packages"], row["lock_digest"], row["locked_by"], row["locked_at"]) == ([], None, None, None)
    assert told(admin, uid)[0]["detail"]["how"] == "removed"


def test_resolving_shows_the_difference_to_a_kernels_lock_and_keeps_nothing(
    alice: httpx.Client, admin: httpx.Client
) -> None:
    row = make(alice, packages=["left"])
    asked = {"kernel": row["uid"], "packages": ["middle"]}
    answer = alice.post("/environments/resolve", json=asked, timeout=80).json()
    assert answer["difference"] == [{"name": "left", "before": "1.1", "after": None}]
    assert answer["lock"]["wishes"] == ["middle"]
    nothing = alice.post("/environments/resolve", json={**asked, "packages": []}, timeout=80).json()
    assert nothing["lock"] is None
    assert {"name": "left", "before": "1.1", "after": None} in nothing["difference"]
    shown = alice.post("/environments/resolve", json={"lock": answer["lock"]["text"]}).json()
    assert shown["lock"] == answer["lock"]
    assert alice.get(f"/kernels/{row['uid']}").json() == row
    assert len(told(admin, row["uid"])) == 1


def test_who_sees_a_kernel_sees_its_lock_and_its_owner_alone_changes_it(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client
) -> None:
    uid = make(alice, packages=["left"])["uid"]
    paths = (("GET", "lock"), ("GET", "build"), ("POST", "lock"))
    for method, path in paths:
        body = {"json": {"dry_run": True}} if method == "POST" else {}
        assert bob.request(method, f"/kernels/{uid}/{path}", **body).status_code == 404
    asked = {"kernel": uid, "packages": ["middle"]}
    assert bob.post("/environments/resolve", json=asked).status_code == 404
    shared = {"shares": [{"user": "bob", "role": "editor"}, {"user": "vera", "role": "viewer"}]}
    assert alice.put(f"/kernels/{uid}/shares", json=shared).status_code == 200
    with api.client("vera") as vera:
        assert versions(vera.get(f"/kernels/{uid}/lock").json()["lock"])["left"] == "1.1"
        assert vera.get(f"/kernels/{uid}/build").json()["state"] == "waiting"
        assert vera.post("/environments/resolve", json=asked).status_code == 403
        assert vera.post(f"/kernels/{uid}/lock", json={}).status_code == 403
    assert bob.post(f"/kernels/{uid}/lock", json={}).status_code == 403
    assert bob.patch(f"/kernels/{uid}", json={"packages": []}).status_code == 403
    assert bob.post("/environments/resolve", json=asked, timeout=80).status_code == 200


def test_what_building_said_is_shown_without_what_a_terminal_would_take_for_more(
    api: ApiServer, alice: httpx.Client
) -> None:
    row = make(alice, packages=["left==1.0"])
    key = keys.environment_log(row["lock_digest"])
    api.services.redis.rpush(key, "fetching left", "\x1b[31mred\x07", "failed: the disk is full")
    answer = alice.get(f"/kernels/{row['uid']}/build").json()
    assert answer["lines"] == ["fetching left", "[31mred", "failed: the disk is full"]
    assert (answer["state"], answer["digest"]) == ("failed", row["lock_digest"])


def test_more_at_once_than_may_wait_are_told_to_come_again(
    alice: httpx.Client, bob: httpx.Client, index: Index
) -> None:
    index.put("slow", "1.0")
    index.trouble["/slow/"] = "hang"
    with httpx.Client(base_url=alice.base_url, headers=alice.headers, timeout=80) as client:
        held = [_Asking(client, "slow") for _ in range(2)]
        try:
            wait_until(lambda: sum("/slow/" in path for path in index.asked) >= 2, 20, "both are asked")
            refused = alice.post("/environments/resolve", json={"packages": ["left"]})
            assert error(refused, 503)["code"] == "unavailable"
            assert refused.headers["Retry-After"]
        finally:
            index.trouble.pop("/slow/")
            index.closing.set()
            statuses = [one.status() for one in held]
            index.closing.clear()
    assert set(statuses) <= {200, 503}
    assert bob.post("/environments/resolve", json={"packages": ["left"]}, timeout=80).status_code == 200


class _Asking:
    """A request that waits, in a thread of its own."""

    def __init__(self, client: httpx.Client, package: str) -> None:
        self._status = 0
        self._thread = threading.Thread(target=self._ask, args=[client, package])
        self._thread.start()

    def _ask(self, client: httpx.Client, package: str) -> None:
        self._status = client.post("/environments/resolve", json={"packages": [package]}).status_code

    def status(self) -> int:
        """Of its answer."""
        self._thread.join(80)
        return self._status


def test_the_python_client_resolves_locks_and_updates(api: ApiServer, index: Index) -> None:
    index.put("client", "1.0")
    with Husk(api.url, api.tokens["alice"]) as husk:
        name = f"e{next(_numbers)}"
        row = husk.kernels.create(name, packages=["client"])
        found = husk.environments.resolve("client, left", kernel=name)
        assert [one["name"] for one in found["difference"]] == ["left", "middle"]
        with pytest.raises(ResolutionFailed, match="middle"):
            husk.environments.resolve(["left", "right"])
        twin = husk.kernels.create(f"{name}-twin", lock=husk.kernels.lock_file(name))
        assert twin["lock_digest"] == row["lock_digest"]
        index.put("client", "1.1")
        newer = husk.kernels.relock(name, dry_run=True)
        assert newer["difference"] == [{"name": "client", "before": "1.0", "after": "1.1"}]
        assert husk.kernels.relock(name)["locked_by"] == "alice"
        assert husk.kernels.lock(name)["lock"] == newer["lock"]
        assert husk.kernels.build(name)["state"] == "waiting"
        with pytest.raises(NotFound, match="no lock"):
            husk.kernels.lock_file(husk.kernels.create(f"{name}-plain")["id"])


def test_without_a_lifecycle_worker_nothing_is_made_and_it_is_said_at_once(
    api: ApiServer, alice: httpx.Client
) -> None:
    reported = api.services.redis.get(keys.RUNTIME)
    api.services.redis.delete(keys.RUNTIME)
    try:
        answer = alice.post("/kernels", json={"id": "none", "packages": ["left"]}, timeout=5)
    finally:
        api.services.redis.set(keys.RUNTIME, str(reported), px=keys.RUNTIME_TTL_MS)
    assert "lifecycle worker" in error(answer, 503)["message"]
    assert alice.get("/kernels/none").status_code == 404
