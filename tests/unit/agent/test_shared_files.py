"""Which descriptors of a hostile runner the agent takes, and what it answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from broker_config.wire.errors import Unavailable
from broker_config.wire.events import SharedWritten
from broker_config.wire.frames import AskShared, Channel, HandShared, SharedReply, pair
from broker_config.wire.messages import SharedEntry
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.shared_files import SharedFiles
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

    def upload(self, file: BinaryIO, size: int, what: str, retry_s: float = RETRY_S) -> Uploaded:
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
        self.store = KeepingStore()
        self.files = SharedFiles(
            channel, KnownDesk(entries), self.store, spool, os.geteuid(), self.said.append
        )


def test_a_regular_file_is_uploaded_and_said(channels: tuple[Channel, Channel], tmp_path: Path) -> None:
    case = Case(channels[0], tmp_path)
    (tmp_path / "a").write_text("content")
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    case.files.take(HandShared("r/a"), [fd])
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
    case.files.take(HandShared(name), fds)
    assert case.store.uploads == []
    assert case.said == []
    assert len(case.files.failures) == 1


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
