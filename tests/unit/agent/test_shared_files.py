"""Which descriptors of a hostile runner the agent takes, and what it answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from broker_config.wire.errors import StorageFailed, Unavailable
from broker_config.wire.events import SharedWritten
from broker_config.wire.frames import AskShared, Channel, HandShared, SharedReply, SharedTaken, pair
from broker_config.wire.messages import SharedEntry
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.shared_files import AGAIN_S, SharedFiles
from kernel_worker.agent.transfers import RETRY_S, Store, Uploaded

NO_CLIENT: Any = None


class KnownDesk(Desk):
    """Knows these entries; None: the desk is away."""

    def __init__(self, entries: list[SharedEntry] | None) -> None:
        super().__init__(NO_CLIENT, "uid")
        self.entries = entries

    def shared(self, prefix: str) -> list[SharedEntry]:
        if self.entries is None:
            raise Unavailable("the control plane did not answer within 10 s")
        return self.entries


class KeepingStore(Store):
    """Keeps uploads in memory; a download writes the entry's url."""

    def __init__(self) -> None:
        super().__init__(KnownDesk([]), "uid")
        self.uploads: list[bytes] = []
        self.waits: list[float] = []
        self.fault: Exception | None = None

    def upload(self, file: BinaryIO, size: int, what: str, retry_s: float = RETRY_S) -> Uploaded:
        self.waits.append(retry_s)
        if self.fault is not None:
            raise self.fault
        self.uploads.append(file.read(size))
        return Uploaded("k/uid/u/1", size, "sha")

    def download(self, entry: SharedEntry, target: Path) -> None:
        target.write_text(entry.url)


@pytest.fixture
def channels() -> Iterator[tuple[Channel, Channel]]:
    mine, theirs = pair()
    theirs.settimeout(5)
    with mine, theirs:
        yield Channel(mine), Channel(theirs)


class Case:
    """Shared files of one execution, with what they said."""

    def __init__(self, channel: Channel, spool: Path, entries: list[SharedEntry] | None = None) -> None:
        self.said: list[Any] = []
        self.told: list[str] = []
        self.flushed = True
        self.store = KeepingStore()
        self.files = SharedFiles(
            *(channel, KnownDesk(entries), self.store, spool, os.geteuid(), self.said.append),
            *(lambda: self.flushed, self.told.append),
        )


def test_a_regular_file_is_uploaded_and_said(channels: tuple[Channel, Channel], tmp_path: Path) -> None:
    case = Case(channels[0], tmp_path)
    (tmp_path / "a").write_text("content")
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    case.files.take(HandShared("r/a", 1), [fd])
    assert case.store.uploads == [b"content"]
    assert case.said == [SharedWritten("r/a", "k/uid/u/1", 7, "sha")]
    assert case.files.failures == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "owner", "none", "name"])
def test_anything_else_is_refused_with_its_name(
    channels: tuple[Channel, Channel], tmp_path: Path, kind: str
) -> None:
    case = Case(channels[0], tmp_path)
    path, name = tmp_path / "x", "r/planted"
    path.write_text("content")
    if kind == "link":
        os.link(path, tmp_path / "y")
    elif kind == "folder":
        path = tmp_path
    elif kind == "owner":
        case.files.runner_uid = os.geteuid() + 1
    elif kind == "name":
        name = "../planted"
    fds = [] if kind == "none" else [os.open(path, os.O_RDONLY)]
    if kind == "pipe":
        reader, writer = os.pipe()
        os.close(writer)
        os.dup2(reader, fds[0])
        os.close(reader)
    case.files.take(HandShared(name, 1), fds)
    assert case.store.uploads == []
    assert case.said == []
    assert len(case.files.failures) == 1


def hand(case: Case, folder: Path, number: int, again: bool = False) -> None:
    """Hand over a file of its own."""
    path = folder / f"handed{number}"
    path.write_text(f"content {number}")
    case.files.take(HandShared(path.name, number, again), [os.open(path, os.O_RDONLY)])


def taken(channel: Channel) -> list[tuple[int, str | None]]:
    """What the runner was told."""
    channel.sock.settimeout(0.0)
    found: list[tuple[int, str | None]] = []
    while True:
        try:
            frame = channel.recv()
        except BlockingIOError:
            return found
        assert frame is not None
        assert isinstance(frame.message, SharedTaken)
        found.append((frame.message.number, frame.message.sha256))


def test_the_runner_is_told_after_its_cell_what_is_stored_and_what_is_not(
    channels: tuple[Channel, Channel], tmp_path: Path
) -> None:
    case = Case(channels[0], tmp_path)
    hand(case, tmp_path, 1)
    case.store.fault = StorageFailed("the store is away")
    hand(case, tmp_path, 2)
    assert taken(channels[1]) == []
    case.files.acknowledge()
    assert taken(channels[1]) == [(1, "sha"), (2, None)]
    assert case.files.failures == ["the store is away"]


def test_the_runner_is_not_told_while_the_event_of_its_file_waits_for_redis(
    channels: tuple[Channel, Channel], tmp_path: Path
) -> None:
    case = Case(channels[0], tmp_path)
    hand(case, tmp_path, 1)
    case.flushed = False
    case.files.acknowledge()
    assert taken(channels[1]) == []


def test_an_upload_that_fails_in_an_unforeseen_way_fails_the_cell(
    channels: tuple[Channel, Channel], tmp_path: Path
) -> None:
    case = Case(channels[0], tmp_path)
    case.store.fault = RuntimeError("unforeseen")
    hand(case, tmp_path, 1)
    assert case.files.failures == ["shared file 'handed1' could not be stored: RuntimeError"]
    case.files.acknowledge()
    assert taken(channels[1]) == [(1, None)]


def test_what_an_earlier_cell_wrote_is_tried_once_and_fails_no_later_cell(
    channels: tuple[Channel, Channel], tmp_path: Path
) -> None:
    case = Case(channels[0], tmp_path)
    case.store.fault = StorageFailed("the store is away")
    for number in (1, 2, 3):
        hand(case, tmp_path, number, again=True)
    assert case.store.waits == [AGAIN_S]
    assert case.files.failures == []
    assert case.told == ["the store is away (an earlier cell wrote it)"]
    case.files.acknowledge()
    assert taken(channels[1]) == [(1, None), (2, None), (3, None)]


def test_what_the_runner_stored_itself_is_told_its_version_and_does_not_come(
    channels: tuple[Channel, Channel], tmp_path: Path
) -> None:
    entries = [SharedEntry("d/mine", 1, "sha1", 2, "mine"), SharedEntry("d/new", 1, "sha9", 3, "new")]
    case = Case(channels[0], tmp_path, entries)
    case.files.fetch(
        AskShared("d", {"d/mine": 1, "d/new": 1}, {"d/mine": ["sha0", "sha1"], "d/new": ["sha1"]})
    )
    seen = []
    for _ in range(2):
        frame = channels[1].recv()
        assert frame is not None
        reply = frame.message
        seen.append((reply.path, reply.version, reply.sha256, len(frame.fds), reply.more))
        frame.close()
    assert seen == [("d/mine", 2, "sha1", 0, True), ("d/new", 3, "", 1, False)]


def test_newer_files_come_with_descriptors_that_cannot_write(
    channels: tuple[Channel, Channel], tmp_path: Path
) -> None:
    entries = [SharedEntry(f"d/{n}", 1, "", n, f"text {n}") for n in (1, 2, 3)]
    entries.append(SharedEntry("dd/4", 1, "", 4, "a sibling of that prefix"))
    case = Case(channels[0], tmp_path, entries)
    case.files.fetch(AskShared("d", {"d/1": 1, "d/2": 1}))
    seen = []
    for _ in range(2):
        frame = channels[1].recv()
        assert frame is not None
        seen.append((frame.message.path, frame.message.more, os.read(frame.fds[0], 99)))
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(frame.fds[0], b"x")
        frame.close()
    assert seen == [("d/2", True, b"text 2"), ("d/3", False, b"text 3")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("entries", "path", "error"),
    [([], "d", False), (None, "d", True), ([], "../d", True)],
)
def test_a_question_is_always_answered(
    channels: tuple[Channel, Channel],
    tmp_path: Path,
    entries: list[SharedEntry] | None,
    path: str,
    error: bool,
) -> None:
    Case(channels[0], tmp_path, entries).files.fetch(AskShared(path))
    frame = channels[1].recv()
    assert frame is not None
    reply = frame.message
    assert isinstance(reply, SharedReply)
    assert (reply.path, reply.found, reply.error is not None) == (path, False, error)
