"""The Python client against a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_config.wire.errors import (
    BadField,
    Conflict,
    Forbidden,
    KernelNotRunning,
    NotAvailable,
    NotFound,
    Unauthenticated,
)
from broker_config.wire.events import Event, ExecutionResult, Finished, Started, Stream
from broker_config.wire.states import ExecutionState
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import GENERATION, ApiServer
from tests.integration.weed import free_ports
from tests.waiting import wait_until
from web.client import Husk, NotReachable

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]


@pytest.fixture
def husk(api: ApiServer) -> Iterator[Husk]:
    with Husk(f"http://127.0.0.1:{api.port}", api.tokens["alice"]) as client:
        yield client


def test_a_cell_is_run_and_its_events_come_to_the_end(
    api: ApiServer, husk: Husk, ready: dict[str, Any]
) -> None:
    events: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: events.extend(husk.run(ready["id"], "1 + 1")))
    thread.start()
    rows = wait_until(lambda: list(husk.executions.list(kernel=ready["id"])))
    result = ExecutionResult(ExecutionState.SUCCEEDED, GENERATION)
    for seq, body in enumerate([Started(GENERATION), Stream("stdout", "2"), Finished(result)]):
        api.say(ready["uid"], Event(rows[0]["id"], seq, time.time(), body))
    thread.join(10)
    assert [event["type"] for event in events] == ["accepted", "started", "stream", "finished"]
    assert husk.executions.get(rows[0]["id"])["status"] == "succeeded"


def test_errors_are_those_of_the_one_tree(api: ApiServer, husk: Husk, kernel: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        husk.kernels.get("nosuch")
    with pytest.raises(NotFound):
        list(husk.kernels.events("nosuch"))
    with pytest.raises(BadField) as bad:
        husk.kernels.create("..")
    assert bad.value.field == "id"
    with pytest.raises(NotAvailable):
        husk.kernels.create("fast", gpu=True)
    with pytest.raises(Conflict):
        husk.kernels.create(kernel["id"])
    with pytest.raises(KernelNotRunning):
        husk.executions.submit(kernel["id"], "1")
    with Husk(f"http://127.0.0.1:{api.port}", "husk_no") as stranger, pytest.raises(Unauthenticated):
        stranger.users.me()
    with Husk(f"http://127.0.0.1:{free_ports(1)}", "x") as nobody, pytest.raises(NotReachable):
        nobody.health()


def test_files_go_up_and_come_down(husk: Husk, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(3_000_000) + b"end")
    assert husk.files.put("c/data bin", source)["size"] == 3_000_003
    assert husk.files.download("c/data bin", tmp_path / "target") == 3_000_003
    assert (tmp_path / "target").read_bytes() == source.read_bytes()
    husk.files.put("c/data bin", b"second")
    assert husk.files.get("c/data bin", version=1) == source.read_bytes()
    assert [one["version"] for one in husk.files.versions("c/data bin")] == [2, 1]
    assert [one["path"] for one in husk.files.list("c/")] == ["c/data bin"]
    husk.files.delete("c/data bin")
    with pytest.raises(NotFound):
        husk.files.get("c/data bin")
    assert [found.name for found in tmp_path.iterdir()] != ["data bin.part"]


def test_kernels_are_driven_and_waited_for(api: ApiServer, husk: Husk) -> None:
    husk.kernels.create("driven", memory_gb=1.0)
    assert husk.kernels.start("driven")["desired_state"] == "running"
    api.make_ready(husk.kernels.get("driven")["uid"])
    assert husk.kernels.wait_ready("driven", 5)["state"] == "ready"
    assert husk.kernels.change("driven", name="N")["name"] == "N"
    husk.kernels.restart_namespace("driven")
    assert husk.kernels.clear_outputs("driven") == 0
    assert husk.kernels.stop("driven")["desired_state"] == "stopped"
    assert husk.kernels.logs("driven") == ""
    assert husk.kernels.delete("driven")["desired_state"] == "deleted"


def test_tokens_are_made_and_revoked(api: ApiServer, husk: Husk) -> None:
    made = husk.tokens.create("by client", scope="read")
    with Husk(f"http://127.0.0.1:{api.port}", made["token"]) as reader:
        assert reader.users.me()["name"] == "alice"
    husk.tokens.revoke(made["id"])
    assert next(row for row in husk.tokens.list() if row["id"] == made["id"])["revoked_at"]


def test_kernels_are_shared_and_changes_listed(api: ApiServer, husk: Husk) -> None:
    uid = husk.kernels.create("to-share")["uid"]
    assert husk.kernels.share("to-share", {"bob": "editor", "vera": "viewer"}) == {
        "bob": "editor",
        "vera": "viewer",
    }
    assert husk.kernels.share("to-share", {"bob": "viewer"}) == husk.kernels.shares(uid) == {"bob": "viewer"}
    with Husk(husk.url, api.tokens["bob"]) as bob:
        assert [row["access"] for row in bob.kernels.list() if row["uid"] == uid] == ["viewer"]
        with pytest.raises(Forbidden):
            bob.kernels.start(uid)
    with Husk(husk.url, api.tokens["admin"]) as admin:
        assert [event["target"] for event in admin.audit() if event["action"] == "kernel.share"][:2] == [
            uid,
            uid,
        ]
        link = admin.users.link(admin.users.create("new one")["id"])["link"]
    with api.client(None) as browser:
        assert browser.post("/login", json={"link": link}).json()["user"]["name"] == "new one"
