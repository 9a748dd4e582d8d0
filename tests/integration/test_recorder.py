"""The recorder by itself: hostile and repeated events, trimming, several recorders, speed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker_config import keys
from broker_config.wire import VERSION
from broker_config.wire.codec import decode_tagged
from broker_config.wire.events import (
    FIELD,
    CellError,
    Checkpoint,
    Event,
    ExecutionResult,
    Finished,
    JournalReport,
    LogRecord,
    OutputItem,
    Ready,
    RunnerEnded,
    SharedWritten,
    Started,
    pack,
)
from broker_config.wire.messages import CONTROL, Acknowledge
from broker_config.wire.states import ExecutionState as X
from broker_config.wire.states import KernelState
from tasks.broker import make_raw_redis
from tasks.ledger import broker, executions
from tasks.ledger.endings import end_many
from tasks.ledger.models import Kernel
from tasks.recorder import Recorder
from tasks.recording.consumer import Entry
from tasks.recording.trimming import Trimmer
from tests.integration.control_plane import ControlPlane, control_plane
from tests.integration.ledger_rows import NOW, add_cells
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

SUM = "0" * 64
UPLOAD = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def plane(server: RedisServer, tmp_path: Path, database_url: str) -> Iterator[ControlPlane]:
    """Once on each database."""
    with control_plane(server, tmp_path, database_url=database_url) as plane:
        yield plane


@pytest.fixture
def recorder(plane: ControlPlane) -> Iterator[Recorder]:
    client = make_raw_redis(plane.settings)
    recorder = Recorder(plane.services, client)
    yield recorder
    recorder.close()
    client.close()


@pytest.fixture
def kernel(plane: ControlPlane) -> Kernel:
    return plane.add_kernel(state=KernelState.READY)


def text(body: Any, execution_id: str | None = None, seq: int = 0, at: float | None = None) -> bytes:
    """An event as a kernel packs it."""
    return pack(Event(execution_id, seq, time.time() if at is None else at, body)).encode()


def result(status: X = X.SUCCEEDED, **fields: Any) -> ExecutionResult:
    """How an execution ended."""
    return replace(ExecutionResult(status, "g", started_at=time.time(), finished_at=time.time()), **fields)


class Stream:
    """Entries of one kernel, given to a recorder directly."""

    def __init__(self, recorder: Recorder, uid: str) -> None:
        self._recorder = recorder
        self._uid = uid
        self.number = 0

    def give(self, *texts: bytes | None) -> list[Entry]:
        """All in one batch."""
        entries = []
        for one in texts:
            self.number += 1
            entries.append(Entry(self._uid, f"1-{self.number}", one))
        self._recorder.record(entries)
        return entries


@pytest.fixture
def stream(recorder: Recorder, kernel: Kernel) -> Stream:
    return Stream(recorder, kernel.uid)


def acknowledged(plane: ControlPlane, uid: str) -> list[str]:
    """What the kernel was told it may forget."""
    found: Any = plane.server.admin.lrange(keys.ctl(uid), 0, -1)
    told = [decode_tagged(CONTROL, one) for one in found]
    return [one for message in told if isinstance(message, Acknowledge) for one in message.execution_ids]


def test_all_events_again_change_nothing(plane: ControlPlane, kernel: Kernel, recorder: Recorder) -> None:
    (execution_id,) = add_cells(plane.services.ledger, kernel.uid)
    stream = Stream(recorder, kernel.uid)
    items = [OutputItem("stream", "stdout", "a")]
    part = text(Checkpoint(items, [LogRecord(NOW, "INFO", "m")]), execution_id, 1)
    begun = [text(Started("g"), execution_id), part]
    entries = stream.give(*begun)
    recorder.record(entries)
    output = plane.output(execution_id)
    assert output is not None
    assert (len(output.items), len(output.logs)) == (1, 1)
    shared = SharedWritten("a/b", f"k/{kernel.uid}/u/{UPLOAD}", 3, SUM)
    end = [text(shared, execution_id, 2), text(Finished(result(items=items * 2)), execution_id, 3)]
    entries += stream.give(*end)
    before = plane.execution(execution_id)
    recorder.record(entries)
    recorder.record(list(reversed(entries)))
    after = plane.execution(execution_id)
    assert (after.status, after.revision, after.finished_at) == (
        "succeeded",
        before.revision,
        before.finished_at,
    )
    output = plane.output(execution_id)
    assert output is not None
    assert len(output.items) == 2
    assert len(plane.files(kernel.owner_id, "a/b")) == 1
    assert set(acknowledged(plane, kernel.uid)) == {execution_id}


def test_an_end_without_a_start_ends_and_a_second_end_is_dropped(
    plane: ControlPlane, kernel: Kernel, stream: Stream
) -> None:
    (execution_id,) = add_cells(plane.services.ledger, kernel.uid)
    error = CellError("E", "m", [])
    stream.give(text(Finished(result(X.FAILED, error=error)), execution_id))
    stream.give(text(Finished(result()), execution_id), text(Started("g"), execution_id))
    row = plane.execution(execution_id)
    assert row.status == "failed"
    assert row.error == {"type": "E", "message": "m", "traceback": [], "line": None}
    assert acknowledged(plane, kernel.uid) == [execution_id] * 2


def test_a_result_of_what_was_cancelled_before_is_dropped(
    plane: ControlPlane, kernel: Kernel, stream: Stream
) -> None:
    (execution_id,) = add_cells(plane.services.ledger, kernel.uid)
    plane.server.admin.set(keys.claim(kernel.uid, execution_id), "cancelled")
    stream.give(text(Started("g"), execution_id), text(Finished(result()), execution_id))
    assert plane.status(execution_id) is X.QUEUED
    assert acknowledged(plane, kernel.uid) == [execution_id]


def bad_events(uid: str, own: str, other: str) -> dict[str, bytes | None]:
    """What a hostile kernel may write, by a name."""
    fine = json.loads(text(Finished(result()), own))

    def with_result(**fields: Any) -> bytes:
        return json.dumps({**fine, "result": {**fine["result"], **fields}}).encode()

    return {
        "no event": None,
        "nothing": b"",
        "not JSON": b"{",
        "not text": b"\xff\xfe",
        "a list": b"[]",
        "too deep": b"[" * 100_000,
        "unknown type": b'{"type": "x", "execution_id": null, "seq": 0, "at": 0}',
        "unknown field": json.dumps({**fine, "more": 1}).encode(),
        "somebody else's": text(Finished(result()), other),
        "not an id": text(Finished(result()), "x"),
        "not an end": with_result(status="running"),
        "no such state": with_result(status="x"),
        "a number that is none": with_result(wall_s=float("nan")),
        "a count that nothing holds": with_result(execution_count=2**80),
        "infinite": text(Finished(result()), own).replace(b'"wall_s":null', b'"wall_s":1e999'),
        "deep infinite": with_result(outputs=[{"x": float("inf")}]),
        "a start about nothing": text(Started("g")),
        "an end of what is not": text(Finished(result()), f"{uid}-00000000-0000-0000-0000-000000000000"),
        "a path upwards": text(SharedWritten("../x", f"k/{uid}/u/{UPLOAD}", 1, SUM), own),
        "another's object": text(SharedWritten("x", f"k/AAAAAAAAAAAA/u/{UPLOAD}", 1, SUM), own),
        "a key upwards": text(SharedWritten("x", f"k/{uid}/u/../{UPLOAD}", 1, SUM), own),
        "a size below nothing": text(SharedWritten("x", f"k/{uid}/u/{UPLOAD}", -1, SUM), own),
        "an old epoch": text(JournalReport("old", [own])),
        "another version": text(Ready(99, "other", {})),
    }


def test_bad_events_change_nothing_and_stop_nobody(
    plane: ControlPlane, kernel: Kernel, stream: Stream
) -> None:
    other = add_cells(plane.services.ledger, plane.add_kernel().uid)[0]
    own, good = add_cells(plane.services.ledger, kernel.uid, 2)
    before = plane.kernel(kernel.uid).revision
    bad = list(bad_events(kernel.uid, own, other).values())
    stream.give(*bad, text(Finished(result()), good), *bad)
    assert [plane.status(one) for one in (other, own, good)] == [X.QUEUED, X.QUEUED, X.SUCCEEDED]
    assert plane.files(kernel.owner_id, "x") == []
    assert plane.kernel(kernel.uid).revision == before


@pytest.mark.parametrize(
    "fields",
    [
        {"execution_count": 1 - 2**63, "memory_peak_bytes": -1},
        {"started_at": 1e18, "finished_at": -5.0},
        {"generation": "\ud800\x00" + "g" * 1000},
        {"error": CellError("\ud800", "\x00", ["\ud83d"])},
        {"items": [OutputItem("display", data={"a": "\x00\ud800"})]},
    ],
)
def test_odd_values_of_an_honest_end_do_not_lose_it(
    plane: ControlPlane, kernel: Kernel, stream: Stream, fields: dict[str, Any]
) -> None:
    (execution_id,) = add_cells(plane.services.ledger, kernel.uid)
    stream.give(text(Finished(result(**fields)), execution_id))
    row = plane.execution(execution_id)
    assert row.status == "succeeded"
    assert row.finished_at is not None
    assert abs(row.finished_at - time.time()) < 5


def test_a_result_that_cannot_be_written_ends_its_execution_all_the_same(
    plane: ControlPlane, kernel: Kernel, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_cells(plane.services.ledger, kernel.uid, 3)

    def fails(session: Any, endings: Any) -> set[str]:
        if any(one.execution_id == ids[1] for one in endings):
            raise ValueError("a mistake of ours")
        return end_many(session, endings)

    monkeypatch.setattr("tasks.recording.executions.end_many", fails)
    stream.give(*(text(Finished(result()), one) for one in ids))
    assert [plane.status(one) for one in ids] == [X.SUCCEEDED, X.FAILED, X.SUCCEEDED]
    assert sorted(acknowledged(plane, kernel.uid)) == sorted(ids)


def test_a_ready_of_an_earlier_process_does_not_make_a_start_ready(
    plane: ControlPlane, recorder: Recorder
) -> None:
    row = plane.add_kernel()
    stream = Stream(recorder, row.uid)
    stream.give(text(Ready(VERSION, "old", {}), at=NOW - 60))
    assert plane.kernel(row.uid).state == "starting"
    stream.give(text(Ready(VERSION, "new", {"init_pid": 1}), at=NOW + 1))
    found = plane.kernel(row.uid)
    assert (found.state, found.generation, found.facts) == ("ready", "new", {"init_pid": 1})
    stream.give(text(RunnerEnded("new", "next", "r", "m")))
    assert plane.kernel(row.uid).generation == "next"
    plane.move(row.uid, KernelState.STOPPING)
    stream.give(text(Ready(VERSION, "late", {})))
    found = plane.kernel(row.uid)
    assert (found.state, found.generation) == ("stopping", "next")


def test_a_journal_report_marks_what_was_claimed_and_publishes_the_rest(
    plane: ControlPlane, kernel: Kernel, stream: Stream
) -> None:
    ids = plane.submit(kernel.uid, *"123")
    plane.server.admin.flushall()
    plane.watcher.check()
    with plane.services.ledger.read() as session:
        epoch = str(broker.epoch(session))
    stream.give(text(JournalReport(epoch, [ids[0], "nonsense"])))
    assert plane.status(ids[0]) is X.RUNNING
    wait_until(lambda: len(plane.queue(kernel.uid)) == 2, 5, "the queue")
    assert [ids[n].encode() in m for n, m in zip((1, 2), plane.queue(kernel.uid), strict=True)] == [True] * 2


def test_a_database_that_is_away_loses_nothing(server: RedisServer, tmp_path: Path) -> None:
    with control_plane(server, tmp_path) as plane:
        check_a_database_that_is_away(plane, plane.add_kernel(state=KernelState.READY))


def check_a_database_that_is_away(plane: ControlPlane, kernel: Kernel) -> None:
    """SQLite's file is a folder for a while."""
    (execution_id,) = add_cells(plane.services.ledger, kernel.uid)
    key = keys.events(kernel.uid)
    plane.start("recorder")
    (path,) = plane.settings.data_dir.glob("husk.db")
    hidden = path.with_suffix(".away")
    wait_until(lambda: plane.server.admin.exists(key), 5, "the recorder")
    plane.services.ledger.dispose()
    plane.kill("recorder")
    for suffix in ("", "-wal", "-shm"):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.rename(f"{hidden}{suffix}")
    path.mkdir()
    plane.start("recorder")
    plane.server.admin.xadd(key, {FIELD: text(Finished(result()), execution_id)})
    wait_until(lambda: "the database does not answer" in plane.log("recorder"), 10, "a warning")
    path.rmdir()
    for suffix in ("", "-wal", "-shm"):
        part = Path(f"{hidden}{suffix}")
        if part.exists():
            part.rename(f"{path}{suffix}")
    assert plane.until(execution_id, X.SUCCEEDED, timeout_s=10) is X.SUCCEEDED


def test_two_recorders_share_and_one_takes_over_from_a_killed_one(plane: ControlPlane) -> None:
    plane.start("recorder")
    first = plane.processes.pop("recorder")
    uids = [plane.add_kernel(state=KernelState.READY).uid for _ in range(3)]
    plane.server.admin.set("unused", "1")
    wait_until(lambda: all(plane.server.admin.get(keys.recorder_lease(u)) for u in uids), 10, "leases")
    plane.start("recorder")
    wait_until(lambda: plane.log("recorder").count(": begins") == 2, 20, "the second recorder")
    try:
        (execution_id,) = add_cells(plane.services.ledger, uids[0])
        first.kill()
        first.wait(10)
        plane.server.admin.xadd(keys.events(uids[0]), {FIELD: text(Finished(result()), execution_id)})
        # Well below the lease's ten seconds: the holder is seen to be dead.
        assert plane.until(execution_id, X.SUCCEEDED, timeout_s=5) is X.SUCCEEDED
    finally:
        first.kill()
    assert plane.stop("recorder") == 0
    assert not any(plane.server.admin.get(keys.recorder_lease(uid)) for uid in uids)


def test_events_are_trimmed_below_what_is_acknowledged(
    plane: ControlPlane, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, redis = keys.events(kernel.uid), plane.server.admin
    redis.xgroup_create(key, keys.RECORDER_GROUP, id="0", mkstream=True)
    ids = [str(redis.xadd(key, {FIELD: b"x"}), "ascii") for _ in range(20)]
    monkeypatch.setattr("tasks.recording.trimming.EVERY_S", 0.0)
    trimmer = Trimmer(redis)

    def left_after(*acknowledged: str) -> list[str]:
        if acknowledged:
            redis.xack(key, keys.RECORDER_GROUP, *acknowledged)
        trimmer.trim([kernel.uid, "nobody"], time.monotonic())
        return [str(one, "ascii") for one, _ in redis.xrange(key)]  # type: ignore[union-attr]

    assert left_after() == ids  # nothing is read
    redis.xreadgroup(keys.RECORDER_GROUP, "t", {key: ">"}, count=10)
    assert left_after() == ids  # nothing is recorded
    assert left_after(*ids[:3], *ids[4:10]) == ids[3:]
    assert left_after(ids[3]) == ids[9:]


def test_a_recorder_trims_what_it_has_recorded(plane: ControlPlane, kernel: Kernel) -> None:
    key = keys.events(kernel.uid)
    ids = add_cells(plane.services.ledger, kernel.uid, 20)
    plane.start("recorder")
    for one in ids:
        plane.server.admin.xadd(key, {FIELD: text(Finished(result()), one)})
    plane.until_ended(ids)

    def trimmed() -> bool:
        plane.server.admin.xadd(key, {FIELD: b"x"})
        return int(plane.server.admin.xlen(key)) < 10  # type: ignore[arg-type]

    wait_until(trimmed, 10, "a short stream")


def test_a_long_backlog_is_recorded_to_its_last_execution(plane: ControlPlane, kernel: Kernel) -> None:
    count = 3_000
    ids = add_cells(plane.services.ledger, kernel.uid, count)
    key = keys.events(kernel.uid)
    pipe = plane.server.admin.pipeline(transaction=False)
    item = [OutputItem("display", display_id="d", title="", data={"text/plain": "2"})]
    for one in ids:
        pipe.xadd(key, {FIELD: text(Started("g"), one)})
        pipe.xadd(key, {FIELD: text(Finished(result(items=item)), one, 1)})
    pipe.execute()
    plane.start("recorder")
    wait_until(lambda: plane.status(ids[-1]) is X.SUCCEEDED, 60, "the last")
    with plane.services.ledger.read() as session:
        assert executions.queued(session, kernel.uid) == []
