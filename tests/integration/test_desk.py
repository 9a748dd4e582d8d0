"""The desk with a real store and kernels: credentials, shared files, and what it refuses."""

from __future__ import annotations

import dataclasses
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from broker_config import keys
from broker_config.wire.codec import decode
from broker_config.wire.events import FIELD, Event, Request, pack
from broker_config.wire.messages import DeskReply
from broker_config.wire.states import ExecutionState as X
from tasks.broker import make_raw_redis
from tasks.desk import MOST_OF_ONE_KERNEL, Desk, remove
from tasks.recording.consumer import Entry
from tests.integration.control_plane import ControlPlane, control_plane
from tests.integration.flow_rows import upload
from tests.integration.kernel_fixture import KernelUnderTest, end_left_over
from tests.integration.ledger_rows import NOW, add_cells
from tests.integration.redis_server import RedisServer
from tests.integration.weed import Weed, read, running_weed
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    yield from running_weed(tmp_path_factory)


@pytest.fixture(scope="module")
def plane(weed: Weed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    store = {"s3_port": weed.settings.s3_port, "s3_secret_key": weed.settings.s3_secret_key}
    folder = tmp_path_factory.mktemp("plane")
    try:
        with control_plane(server, folder, "recorder", "desk", **store) as plane:
            yield plane
    finally:
        server.kill()


def ask(plane: ControlPlane, uid: str, kind: str, timeout_s: float = 5, **args: Any) -> DeskReply:
    """A request as the agent makes it, and its answer."""
    request = secrets.token_hex(16)
    put_request(plane, uid, request, kind, args)
    popped: Any = plane.server.admin.blpop([keys.reply(uid, request)], timeout_s)
    assert popped is not None, plane.log("desk")
    return decode(DeskReply, popped[1])


def put_request(plane: ControlPlane, uid: str, request: str, kind: str, args: dict[str, Any]) -> None:
    event = Event(None, 0, time.time(), Request(request, kind, args))
    plane.server.admin.xadd(keys.requests(uid), {FIELD: pack(event)})


def run(plane: ControlPlane, uid: str, code: str) -> X:
    """Run a cell to its end."""
    (execution_id,) = plane.submit(uid, code)
    return plane.until_ended([execution_id])[0]


def test_a_credential_is_of_this_kernel_and_the_same_for_a_while(plane: ControlPlane) -> None:
    uid = plane.add_kernel().uid
    first = ask(plane, uid, "credentials").credentials
    assert first is not None
    assert first.prefix == f"k/{uid}/"
    assert first.expires_at > time.time() + 600
    assert ask(plane, uid, "credentials").credentials == first


@pytest.mark.parametrize(
    ("kind", "args"),
    [("shared", {"prefix": "../x"}), ("shared", {}), ("shared", {"prefix": {"a": 1}}), ("other", {})],
)
def test_what_cannot_be_answered_is_refused_in_words(
    plane: ControlPlane, kind: str, args: dict[str, Any]
) -> None:
    reply = ask(plane, plane.add_kernel().uid, kind, **args)
    assert reply.error or reply.shared == []


def test_an_answer_goes_nowhere_else_than_to_its_kernel(plane: ControlPlane) -> None:
    uid = plane.add_kernel().uid
    for odd in ("x:reply:y", "..", "a" * 65, "ä" * 10):
        put_request(plane, uid, odd, "credentials", {})
    plane.server.admin.xadd(keys.requests(uid), {"other": b"junk"})
    ask(plane, uid, "credentials")
    found: Any = plane.server.admin.keys(f"kernel:{uid}:reply:*")
    assert found == []
    wait_until(lambda: plane.server.admin.xlen(keys.requests(uid)) == 0, 5, "nothing of it stays")


def test_a_desk_killed_with_a_request_in_hand_answers_it_after_its_restart(plane: ControlPlane) -> None:
    uid = plane.add_kernel().uid
    ask(plane, uid, "shared", prefix="a")
    os.kill(plane.processes["desk"].pid, signal.SIGSTOP)
    request = secrets.token_hex(16)
    put_request(plane, uid, request, "shared", {"prefix": "a"})
    # Read by the one that dies, as far as Redis knows.
    plane.server.admin.xreadgroup(keys.DESK_GROUP, keys.DESK_GROUP, {keys.requests(uid): ">"})
    plane.kill("desk")
    plane.start("desk")
    popped: Any = plane.server.admin.blpop([keys.reply(uid, request)], 8)
    assert popped is not None
    assert decode(DeskReply, popped[1]).shared == []


def test_a_shared_file_of_one_kernel_is_there_in_another_of_the_same_owner(
    plane: ControlPlane, tmp_path: Path
) -> None:
    owner = plane.add_user()
    rows = [plane.add_kernel(owner), plane.add_kernel(owner), plane.add_kernel()]
    kernels = []
    for row in rows:
        (tmp_path / row.uid).mkdir()
        kernels.append(KernelUnderTest(plane.server, tmp_path / row.uid, uid=row.uid))
    sessions = []
    try:
        for kernel in kernels:
            kernel.start(wait=False)
            sessions.append(kernel.init_pid)
        for row in rows:
            plane.until_ready(row.uid, 40)
        write = "open(flowfile.get_shared_location('d/a.txt'), 'w').write('%s')"
        check = "assert open(flowfile.get_shared_location('d/a.txt')).read() == '%s'"
        assert run(plane, rows[0].uid, write % "one") is X.SUCCEEDED
        assert run(plane, rows[1].uid, check % "one") is X.SUCCEEDED
        plane.housekeeping.tick()
        (version,) = plane.files(owner.id, "d/a.txt")
        assert version.promoted
        assert str(version.object_key).startswith(f"u/{owner.id}/files/")
        assert read(plane.services.store, str(version.object_key)) == b"one"
        assert run(plane, rows[1].uid, write % "two") is X.SUCCEEDED
        assert run(plane, rows[0].uid, check % "two") is X.SUCCEEDED
        assert [one.version for one in plane.files(owner.id, "d/a.txt")] == [2, 1]
        assert run(plane, rows[2].uid, check % "two") is X.FAILED
    finally:
        for kernel in kernels:
            kernel.stop()
        for session in sessions:
            end_left_over(session)


def test_an_object_that_is_not_what_was_said_is_marked_damaged(plane: ControlPlane) -> None:
    from tasks.ledger import files

    owner, uid = plane.add_user(), plane.add_kernel().uid
    prefix = f"k/{uid}/u/00000000-0000-4000-8000-00000000000"
    stored = plane.services.store.put_bytes(f"{prefix}0", b"abc")
    parts = plane.services.store.put_bytes(f"{prefix}2", bytes(20_000_000))
    said = {
        "short": (stored.key, 9, stored.sha256),
        "none": (f"{prefix}1", 3, stored.sha256),
        "other": (stored.key, 3, "0" * 64),
        "other in parts": (parts.key, parts.size, "0" * 64),
        "fine": (stored.key, 3, stored.sha256),
        "fine in parts": (parts.key, parts.size, parts.sha256),
    }
    for path, (key, size, sha256) in said.items():
        with plane.services.ledger.write() as session:
            version = files.NewVersion(owner.id, path, key, size, sha256, promoted=False)
            files.add_version(session, version, time.time())
    plane.housekeeping.tick()
    for path in said:
        assert plane.files(owner.id, path)[0].damaged is not path.startswith("fine"), path
    with plane.services.ledger.read() as session:
        assert files.unpromoted(session, 10) == []


def test_what_a_file_was_promoted_from_is_removed_later_also_after_a_restart(plane: ControlPlane) -> None:
    from tasks.housekeeping import REMOVED_AFTER_S, Housekeeping
    from tasks.ledger import files
    from tasks.shared_files import remove_some

    owner, uid = plane.add_user(), plane.add_kernel().uid
    store = plane.services.store
    key = f"k/{uid}/u/00000000-0000-4000-8000-000000000000"
    stored = store.put_bytes(key, b"abc")
    with plane.services.ledger.write() as session:
        version = files.NewVersion(owner.id, "a", key, 3, stored.sha256, promoted=False)
        files.add_version(session, version, time.time())
    plane.housekeeping.tick()
    Housekeeping(plane.services).tick()
    assert store.stat(key).size == 3  # somebody may be reading it
    remove_some(plane.services, time.time() + REMOVED_AFTER_S)
    assert list(store.list(f"k/{uid}/")) == []
    assert read(store, str(plane.files(owner.id, "a")[0].object_key)) == b"abc"
    with plane.services.ledger.read() as session:
        assert files.left_over(session, time.time() + 1, 10) == []


def test_an_answer_that_was_not_sent_is_sent_later_and_holds_nothing_up(
    weed: Weed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.recording.consumer.AGAIN_S", 0.5)
    failures = []

    def fails_once(pipe: Any, entries: list[Entry]) -> None:
        if not failures:
            failures.append(entries)
            raise redis.ConnectionError
        remove(pipe, entries)

    monkeypatch.setattr("tasks.desk.remove", fails_once)
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    stopped = threading.Event()
    try:
        with control_plane(server, tmp_path) as plane:
            desk = Desk(plane.services, make_raw_redis(plane.settings))
            thread = threading.Thread(target=desk.run, args=[stopped])
            thread.start()
            uid, request = plane.add_kernel().uid, secrets.token_hex(16)
            put_request(plane, uid, request, "credentials", {})
            popped: Any = server.admin.blpop([keys.reply(uid, request)], 5)
            assert failures
            assert popped is not None
            pending: Any = server.admin.xpending(keys.requests(uid), keys.DESK_GROUP)
            assert pending["pending"] == 0
            assert server.admin.xlen(keys.requests(uid)) == 0
            stopped.set()
            thread.join(5)
    finally:
        stopped.set()
        server.kill()


def test_a_question_about_a_flow_is_answered_with_data_or_a_refusal(plane: ControlPlane) -> None:
    uid = plane.add_kernel().uid
    (cell,) = add_cells(plane.services.ledger, uid, flow_id="f", node_id="n")
    reply = ask(plane, uid, "view_flow", execution_id=cell)
    assert (reply.error, reply.refusal) == (None, None)
    assert reply.data is not None
    assert (reply.data["saved"], reply.data["artifacts"]) == (False, [])
    for args in ({}, {"execution_id": 1}, {"execution_id": cell[::-1]}):
        reply = ask(plane, uid, "view_flow", **args)
        assert reply.data is None
        assert reply.refusal is not None
        assert reply.refusal.type == "RuntimeError"


def test_a_kernel_that_asks_too_much_at_a_time_is_told_to_ask_again(plane: ControlPlane) -> None:
    uid = plane.add_kernel().uid
    (cell,) = add_cells(plane.services.ledger, uid)
    ask(plane, uid, "view_flow", execution_id=cell)
    requests = [secrets.token_hex(16) for _ in range(3 * MOST_OF_ONE_KERNEL)]
    os.kill(plane.processes["desk"].pid, signal.SIGSTOP)
    try:
        for request in requests:
            put_request(plane, uid, request, "view_flow", {"execution_id": cell})
    finally:
        os.kill(plane.processes["desk"].pid, signal.SIGCONT)
    replies = []
    for request in requests:
        popped: Any = plane.server.admin.blpop([keys.reply(uid, request)], 10)
        assert popped is not None
        replies.append(decode(DeskReply, popped[1]))
    refused = [reply.refusal.type for reply in replies if reply.refusal is not None]
    assert set(refused) == {"StorageUnavailable"}
    assert len(refused) + sum(reply.data is not None for reply in replies) == len(requests)


def test_who_asks_nothing_of_the_store_is_answered_while_it_hangs(plane: ControlPlane, weed: Weed) -> None:
    uid, other = plane.add_kernel().uid, plane.add_kernel().uid
    (cell,) = add_cells(plane.services.ledger, uid)
    (calm,) = add_cells(plane.services.ledger, other)
    ask(plane, other, "view_flow", execution_id=calm)
    done = plane.services.store.put_bytes(upload(uid), b"abc")
    stored = {"key": done.key, "size": 3, "sha256": done.sha256, "checksum": done.checksum}
    new = {"name": "x", "type_name": "int", "module": "m", "format": "joblib", "meta": {}}
    one = {**new, "preview": None, "created_at": 1.0, "object": stored}
    server = weed.server()
    server.suspend()
    try:
        waiting = [secrets.token_hex(16) for _ in range(12)]
        for request in waiting:
            put_request(plane, uid, request, "stage_artifacts", {"execution_id": cell, "artifacts": [one]})
        assert ask(plane, other, "view_flow", execution_id=calm).data is not None
    finally:
        server.resume()
    popped: Any = plane.server.admin.blpop([keys.reply(uid, waiting[0])], 15)
    assert popped is not None
    assert decode(DeskReply, popped[1]).data == {}


def test_the_worker_of_housekeeping_takes_ticks_and_ends(plane: ControlPlane) -> None:
    row = plane.add_kernel()
    left = add_cells(plane.services.ledger, row.uid, 2, now=NOW)
    plane.start("housekeeping")
    plane.services.celery.send_task("housekeeping.tick")
    wait_until(lambda: len(plane.queue(row.uid)) == 2, 15, "published rows")
    assert [one.encode() in m for one, m in zip(left, plane.queue(row.uid), strict=True)] == [True, True]
    assert plane.stop("housekeeping") == 0


def test_replies_that_nobody_takes_run_out(plane: ControlPlane) -> None:
    uid = plane.add_kernel().uid
    request = secrets.token_hex(16)
    put_request(plane, uid, request, "credentials", {})
    key = keys.reply(uid, request)
    wait_until(lambda: plane.server.admin.exists(key), 5, "the answer")
    assert 0 < int(plane.server.admin.ttl(key)) <= keys.REPLY_TTL_S  # type: ignore[arg-type]


def test_a_credential_is_never_told_in_a_log(plane: ControlPlane) -> None:
    credentials = ask(plane, plane.add_kernel().uid, "credentials").credentials
    assert credentials is not None
    values = dataclasses.asdict(credentials)
    log = plane.log("desk") + plane.log("recorder")
    assert not any(str(values[name]) in log for name in ("secret_key", "session_token"))
