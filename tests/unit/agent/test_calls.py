"""Calls of a hostile runner: what is answered, what is refused, and that nothing is left open."""

from __future__ import annotations

import errno
import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_config.wire.codec import plain
from broker_config.wire.flows import (
    Artifact,
    FlowView,
    PublishArtifact,
    PublishOutput,
    ReadArtifact,
    StoredObject,
    ViewFlow,
)
from broker_config.wire.frames import Call, CallReply, Channel, Frame, pair
from kernel_worker.agent import calls as calls_module
from kernel_worker.agent import table_calls
from kernel_worker.agent.around import Around
from kernel_worker.agent.artifact_calls import ArtifactCalls
from kernel_worker.agent.board import Board
from kernel_worker.agent.calls import Asked, Calls
from kernel_worker.agent.catalog_calls import CatalogCalls
from kernel_worker.agent.content import Content
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.staging import OpenCall, Staging
from kernel_worker.agent.table_calls import TableCalls
from kernel_worker.agent.transfers import Store
from kernel_worker.agent.uploads import Uploads

NO_CLIENT: Any = None
ARTIFACT = Artifact(
    7, "theirs", "other", "Other", "f", "k", "int", "builtins", "cloudpickle", {}, 3, "0" * 64, 1.0,
    persisted=True, upstream=True,
)  # fmt: skip


class KnownDesk(Desk):
    """Answers with a view of one foreign artifact."""

    def __init__(self) -> None:
        super().__init__(NO_CLIENT, "uid")
        self.asked: list[Any] = []

    def ask(self, request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if isinstance(request, ViewFlow):
            return dict(plain(FlowView(True, True, [], {}, [], [], [ARTIFACT])))
        return {"url": "http://127.0.0.1:9/", "expires_at": 0.0}


class NoUploads(Uploads):
    """Says of each file that it is stored, and leaves it where it is."""

    def add(self, file: Any, stored: Any = None) -> None:
        file.stored = StoredObject("k/uid/u/12345678", file.size, "0" * 64, "0" * 64)


class Case:
    """The calls of one execution, with both ends of its channel."""

    def __init__(self, folder: Path, mine: Channel, theirs: Channel) -> None:
        self.theirs, self.said, self.stuck = theirs, [], []  # type: ignore[var-annotated]
        desk = self.desk = KnownDesk()
        store, content = Store(desk, "uid"), Content(folder / "content", 1_000_000)
        self.staging = Staging(folder / "staged", "x")
        uploads = NoUploads(store, content, self.staging, 1_000_000)
        self.board = Board(False, "mine", "f", "k")
        self.around = Around(
            "x", os.geteuid(), desk, store, content, self.staging, uploads, self.board,
            self.said.append, self.said.append,
        )  # fmt: skip
        parts = (TableCalls(self.around), ArtifactCalls(self.around), CatalogCalls(self.around))
        handlers = {kind: one for part in parts for kind, one in part.handlers().items()}
        self.calls = Calls(mine, self.staging, handlers, lambda: self.stuck.append(1))
        self.numbers = 0
        self.frame: Frame | None = None

    def ask(self, kind: str, args: dict[str, Any], fds: list[int] | None = None) -> CallReply:
        self.numbers += 1
        self.calls.take(Call(self.numbers, kind, args), 100, [os.dup(fd) for fd in fds or ()])
        return self.reply()

    def reply(self) -> CallReply:
        if self.frame is not None:
            self.frame.close()
        self.frame = self.theirs.recv()
        assert self.frame is not None
        message = self.frame.message
        assert isinstance(message, CallReply)
        return message

    def publish(self, name: str, fd: int, **other: Any) -> CallReply:
        args = PublishArtifact(name, "int", "builtins", "cloudpickle", {}, None)
        return self.ask("publish_artifact", {**plain(args), **other}, [fd])


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    mine, theirs = pair()
    mine.settimeout(0.01)
    theirs.settimeout(5)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    with mine, theirs:
        case = Case(tmp_path, Channel(mine), Channel(theirs))
        yield case
        if case.frame is not None:
            case.frame.close()
        case.calls.end()
        case.staging.remove()
        gc.collect()
        assert len(list(Path("/proc/self/fd").iterdir())) <= open_before, "descriptors are left open"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "x").write_bytes(b"abc")
    fd = os.open(tmp_path / "x", os.O_RDWR)
    yield fd
    os.close(fd)


def lent(case: Case, content: bytes) -> tuple[int, int]:
    """Descriptors of the spare that came with the last answer, written: one that writes, one that reads."""
    assert case.frame is not None
    (fd,) = case.frame.fds
    case.frame.fds.clear()
    assert os.fstat(fd).st_size == 0
    os.write(fd, content)
    return fd, os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)


def inode(case: Case, name: str) -> int:
    return case.around.uploads.path(case.board.artifacts[name].file).stat().st_ino


def kind_of(reply: CallReply) -> str:
    return reply.refusal.type if reply.refusal else ""


def test_what_was_published_is_read_as_it_was(case: Case, file: int) -> None:
    assert case.publish("a", file) == CallReply(1)
    os.pwrite(file, b"changed afterwards", 0)
    reply = case.ask("read_artifact", {"name": "a"})
    assert reply.data["name"] == "a"
    assert case.frame is not None
    (fd,) = case.frame.fds
    assert os.pread(fd, 10, 0) == b"abc"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(fd, b"x")
    assert [(one.name, one.action) for one in case.said] == [("a", "published")]


def test_every_answer_to_what_brought_a_file_brings_a_spare_and_what_is_in_it_is_not_copied(
    case: Case, file: int
) -> None:
    case.publish("first", file)
    assert inode(case, "first") != os.fstat(file).st_ino
    for n in range(3):
        writing, reading = lent(case, b"%d" % n)
        os.close(writing)
        case.publish(f"a{n}", reading)
        assert inode(case, f"a{n}") == os.fstat(reading).st_ino
        os.close(reading)
    assert kind_of(case.publish("theirs", file)) == "ValueError"
    assert [os.close(fd) for fd in lent(case, b"refused")] == [None, None]
    case.ask("list_artifacts", {})
    assert case.frame is not None
    assert case.frame.fds == []


def test_a_spare_that_can_still_be_written_to_is_copied_and_stays_as_it_was(case: Case, file: int) -> None:
    case.publish("first", file)
    writing, reading = lent(case, b"before")
    case.publish("a", reading)
    os.pwrite(writing, b"behind", 0)
    assert inode(case, "a") != os.fstat(reading).st_ino
    assert case.around.uploads.path(case.board.artifacts["a"].file).read_bytes() == b"before"
    os.close(writing)
    os.close(reading)


def test_the_desk_is_asked_once_for_all_that_an_execution_publishes(case: Case, file: int) -> None:
    for n in range(20):
        assert case.publish(f"a{n}", file).refusal is None
    assert [type(one) for one in case.desk.asked] == [ViewFlow]
    listed = case.ask("list_artifacts", {}).data["artifacts"]
    assert len(listed) == 21


@pytest.mark.parametrize(
    ("kind", "args", "refusal"),
    [
        ("read_artifact", {}, "TypeError"),
        ("read_artifact", {"name": 1}, "TypeError"),
        ("read_artifact", {"name": "theirs", "more": 1}, "TypeError"),
        ("read_artifact", {"name": "missing"}, "KeyError"),
        ("delete_artifact", {"name": "missing"}, "KeyError"),
        ("delete_artifact", {"name": ["a"]}, "TypeError"),
        ("view_flow", {"execution_id": "x"}, "TypeError"),
        ("", {}, "TypeError"),
        ("publish_output", {"name": "a", "rows": 1, "columns": []}, "ValueError"),
        ("publish_artifact", {}, "TypeError"),
    ],
)
def test_arguments_that_are_wrong_are_refused(
    case: Case, kind: str, args: dict[str, Any], refusal: str
) -> None:
    assert kind_of(case.ask(kind, args)) == refusal


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"name": "theirs"}, "ValueError"),
        ({"name": "x" * 201}, "ValueError"),
        ({"name": "a/b"}, "ValueError"),
        ({"meta": {"n": float("nan")}}, "ValueError"),
        ({"meta": {"n": "x" * 20_000}}, "ValueError"),
        ({"format": "pickle"}, "ValueError"),
        ({"type_name": "a\nb"}, "ValueError"),
        ({"preview": "text"}, "TypeError"),
    ],
)
def test_a_description_that_is_wrong_is_refused_and_nothing_stays(
    case: Case, file: int, other: dict[str, Any], refusal: str
) -> None:
    args = {"name": "a", **other}
    assert kind_of(case.publish(args.pop("name"), file, **args)) == refusal
    assert case.board.artifacts == {}
    assert [path.suffix for path in case.staging.folder.iterdir()] == [".staging"]


def test_a_preview_that_is_too_large_is_left_out(case: Case, file: int) -> None:
    assert case.publish("a", file, preview={"text": "x" * 300_000}).refusal is None
    args = case.board.artifacts["a"].args
    assert isinstance(args, PublishArtifact)
    assert args.preview is None


def test_a_preview_of_an_output_that_is_too_large_or_no_json_is_left_out_and_so_are_too_many(
    case: Case, file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_calls, "PREVIEWS_BYTES", 100_000)
    nan, small, half = {"n": float("nan")}, {"text": "x"}, {"text": "x" * 50_000}
    for name, preview in {"nan": nan, "large": {"t": "x" * 70_000}, "a": small, "b": half, "c": half}.items():
        args = plain(PublishOutput(name, 1, [], preview))
        assert case.ask("publish_output", args, [file]).refusal is None
    kept = {name: getattr(one.args, "preview", None) for name, one in case.board.outputs.items()}
    assert {name: preview for name, preview in kept.items() if preview} == {"a": small, "b": half}
    assert kind_of(case.ask("publish_output", {**args, "preview": [1]}, [file])) == "TypeError"


@pytest.mark.parametrize("fds", [0, 2, 4])
def test_a_file_comes_with_one_descriptor(case: Case, file: int, fds: int) -> None:
    args = plain(PublishArtifact("a", "int", "builtins", "cloudpickle", {}, None))
    assert kind_of(case.ask("publish_artifact", args, [file] * fds)) == "ValueError"
    assert kind_of(case.ask("read_artifact", {"name": "theirs"}, [file])) == "ValueError"


def test_a_pipe_is_not_read(case: Case) -> None:
    reader, writer = os.pipe()
    assert kind_of(case.publish("a", reader)) == "ValueError"
    os.close(reader)
    os.close(writer)


def test_outputs_of_what_belongs_to_no_node_are_not_kept(case: Case, file: int) -> None:
    args = plain(PublishOutput("main", 1, []))
    assert case.ask("publish_output", args, [file]).data == {"replaced": False, "saved": True}
    assert case.ask("publish_output", args, [file]).data == {"replaced": True, "saved": True}
    case.board.view = FlowView(False, False, [], {}, [], [], [])
    assert case.ask("publish_output", args, [file]).data == {"replaced": False, "saved": False}
    assert case.board.outputs["main"].number == 2


def test_calls_over_the_bound_are_refused_at_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_module, "MOST_WAITING", 3)
    held, begun = threading.Event(), threading.Event()

    def wait(asked: Asked) -> None:
        begun.set()
        held.wait(10)
        asked.answer({})

    case.calls._handlers = {**case.calls._handlers, "list_artifacts": wait}
    for n in range(1, 10):
        case.calls.take(Call(n, "list_artifacts", {}), 10, [])
        assert begun.wait(5)
    early = [case.reply() for _ in range(5)]
    held.set()
    late = [case.reply() for _ in range(4)]
    assert {kind_of(reply) for reply in early} == {"ValueError"}
    assert [reply.number for reply in late] == [1, 2, 3, 4]
    case.calls.take(Call(10, "list_artifacts", {}), 2**30, [])
    assert "are allowed" in str(case.reply().refusal)


def test_a_long_answer_goes_out_whole_though_the_runner_reads_late(case: Case, file: int) -> None:
    meta = {"note": "x" * 10_000}
    for n in range(150):
        case.publish(f"a{n}", file, meta=meta)
    case.calls.take(Call(999, "list_artifacts", {}), 10, [])
    threading.Event().wait(0.3)  # longer than the sender's socket waits by itself
    replies = [case.reply()]
    while replies[-1].more:
        replies.append(case.reply())
    assert len(replies) > 1
    assert sum(len(reply.data["artifacts"]) for reply in replies) == 151


def test_a_runner_that_reads_nothing_is_ended(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_module, "SEND_S", 0.1)
    case.around.look()
    for n in range(60):
        case.board.before[f"n{n}"] = Artifact(
            n, f"n{n}", None, "", "f", "k", "int", "", "parquet", {"x": "y" * 10_000}, 1, "", 1.0, True, True
        )
    case.calls.take(Call(1, "list_artifacts", {}), 10, [])
    until = time.monotonic() + 5
    while not case.stuck and time.monotonic() < until:
        threading.Event().wait(0.02)
    assert case.stuck


def test_after_the_end_nothing_is_done_any_more(case: Case, file: int) -> None:
    case.publish("a", file)
    case.calls.end()
    case.calls._thread = None
    assert kind_of(case.publish("b", file)) == "RuntimeError"
    assert list(case.board.artifacts) == ["a"]


def test_an_adopter_answers_what_is_open(case: Case, file: int) -> None:
    case.publish("a", file)
    case.calls.resume(
        [
            OpenCall(10, "publish_artifact", None, answer={}),
            OpenCall(11, "publish_artifact", None),
            OpenCall(12, "list_artifacts", {}, parted=True),
            OpenCall(13, "delete_global", plain(ReadArtifact("x"))),
            OpenCall(14, "delete_artifact", {"name": "theirs"}),
        ]
    )
    found = {reply.number: kind_of(reply) for reply in [case.reply() for _ in range(5)]}
    again = "StorageUnavailable"
    assert found == {10: "", 11: again, 12: again, 13: again, 14: ""}
    assert list(case.board.deleted) == ["theirs"]


def test_an_agents_own_failure_is_told_without_what_it_says(case: Case) -> None:
    def fail(_: Asked) -> None:
        raise LookupError("secret")

    case.calls._handlers = {"list_artifacts": fail}
    refusal = case.ask("list_artifacts", {}).refusal
    assert refusal is not None
    assert refusal.type == "RuntimeError"
    assert "secret" not in refusal.message


def test_on_a_full_disk_nothing_is_published_and_the_rest_goes_on(
    case: Case, file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.publish("before", file)

    def full(_line: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(case.staging, "_add", full)
    refusal = case.publish("a", file).refusal
    assert refusal is not None
    assert (refusal.type, "No space left" in refusal.message) == ("StorageUnavailable", True)
    assert list(case.board.artifacts) == ["before"]
    assert case.ask("delete_artifact", {"name": "theirs"}).refusal is None
    assert case.ask("list_artifacts", {}).data["artifacts"][0]["name"] == "before"
    assert len(list(case.staging.folder.iterdir())) == 2
