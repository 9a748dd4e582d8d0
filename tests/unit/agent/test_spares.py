"""Files lent to a hostile runner: which are taken as they are, and which are copied."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from kernel_worker.agent import spares
from kernel_worker.agent.spares import is_spare, link, new_spare
from kernel_worker.agent.taking import checked_size

RUNNER = 10_002
CONTENT = b"content"
Holder = Callable[[int], AbstractContextManager[Callable[[], object]]]
"""Holds a spare, by its descriptor that writes, for the block; what it gives writes into it."""


@pytest.fixture
def spare(tmp_path: Path) -> Iterator[int]:
    (fd,) = new_spare(tmp_path)
    os.write(fd, CONTENT)
    yield fd
    os.close(fd)


def sealed(fd: int) -> int:
    """As the runner does it: a descriptor that reads, in place of the one that writes."""
    reading = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, fd)
    os.close(null)
    return reading


@contextmanager
def a_descriptor(fd: int) -> Iterator[Callable[[], object]]:
    kept = os.dup(fd)
    yield lambda: os.pwrite(kept, b"C", 0)
    os.close(kept)


@contextmanager
def a_mapping(fd: int) -> Iterator[Callable[[], object]]:
    with mmap.mmap(fd, len(CONTENT)) as mapped:
        yield lambda: mapped.write(b"C")


@contextmanager
def a_message_on_its_way(fd: int) -> Iterator[Callable[[], object]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        socket.send_fds(ours, [b"x"], [fd])

        def arrive() -> None:
            (kept,) = socket.recv_fds(theirs, 1, 1)[1]
            os.pwrite(kept, b"C", 0)
            os.close(kept)

        yield arrive


@contextmanager
def a_forked_child(fd: int) -> Iterator[Callable[[], object]]:
    go, tell = os.pipe()
    done, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(go, 1)
        os.pwrite(fd, b"C", 0)
        os.write(say, b"x")
        os._exit(0)

    def write() -> None:
        os.write(tell, b"x")
        os.read(done, 1)

    try:
        yield write
    finally:
        os.write(tell, b"x")
        os.waitpid(pid, 0)
        for end in (go, tell, done, say):
            os.close(end)


HOLDERS = [a_descriptor, a_mapping, a_message_on_its_way, a_forked_child]


def test_what_nobody_writes_to_gets_a_name_and_can_only_be_read(spare: int, tmp_path: Path) -> None:
    inode = os.fstat(spare).st_ino
    reading = sealed(spare)
    assert link(reading, len(CONTENT), tmp_path / "taken")
    found = (tmp_path / "taken").stat()
    assert (found.st_ino, found.st_nlink, found.st_mode & 0o777) == (inode, 1, 0o444)
    assert (tmp_path / "taken").read_bytes() == CONTENT
    assert fcntl.fcntl(reading, fcntl.F_GETLEASE) == fcntl.F_UNLCK
    os.close(reading)


@pytest.mark.parametrize("hold", HOLDERS)
def test_what_somebody_could_still_write_to_is_copied(spare: int, tmp_path: Path, hold: Holder) -> None:
    with hold(spare):
        reading = sealed(spare)
        assert not link(reading, len(CONTENT), tmp_path / "taken")
    assert not (tmp_path / "taken").exists()
    assert link(reading, len(CONTENT), tmp_path / "taken")
    os.close(reading)


@pytest.mark.parametrize("hold", HOLDERS)
def test_without_the_lease_it_would_change_afterwards(
    spare: int, tmp_path: Path, hold: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spares, "_is_read_only", lambda _fd: True)
    with hold(spare) as write:
        reading = sealed(spare)
        assert link(reading, len(CONTENT), tmp_path / "taken")
        write()
        assert (tmp_path / "taken").read_bytes() == b"Content"
    os.close(reading)


def test_a_descriptor_that_writes_is_no_way_to_be_taken(spare: int, tmp_path: Path) -> None:
    assert not link(spare, len(CONTENT), tmp_path / "taken")


def test_a_spare_that_was_written_to_since_it_was_measured_is_copied(spare: int, tmp_path: Path) -> None:
    reading = sealed(spare)
    assert not link(reading, len(CONTENT) - 1, tmp_path / "taken")
    os.close(reading)


def test_holes_are_not_taken(spare: int, tmp_path: Path) -> None:
    os.ftruncate(spare, 2**40)
    reading = sealed(spare)
    assert not link(reading, 2**40, tmp_path / "taken")
    os.close(reading)


def test_room_that_is_set_aside_is_not_taken(spare: int, tmp_path: Path) -> None:
    keep_size, libc = 1, ctypes.CDLL(None, use_errno=True)
    libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
    assert libc.fallocate(spare, keep_size, 0, 10_000_000) == 0
    reading = sealed(spare)
    assert not link(reading, len(CONTENT), tmp_path / "taken")
    os.close(reading)


def test_a_file_with_a_name_and_one_that_had_one_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "named").write_bytes(CONTENT)
    fd = os.open(tmp_path / "named", os.O_RDONLY)
    assert not link(fd, len(CONTENT), tmp_path / "taken")
    assert not is_spare(os.fstat(fd))
    (tmp_path / "named").unlink()
    assert not link(fd, len(CONTENT), tmp_path / "taken")
    assert list(tmp_path.iterdir()) == []
    os.close(fd)


def test_a_spare_may_be_taken_of_whoever_the_runner_is(spare: int) -> None:
    assert checked_size(spare, os.geteuid() + 1, "it") == len(CONTENT)


def test_there_is_none_where_files_without_a_name_are_unknown_or_the_folder_is_gone(tmp_path: Path) -> None:
    assert new_spare(Path("/proc")) == []
    assert new_spare(tmp_path / "gone") == []


def attempts(fd: int) -> list[str]:
    """What the runner's user can do with a spare that it has a descriptor of that reads."""
    path = f"/proc/self/fd/{fd}"
    ways: dict[str, Callable[[], object]] = {
        "read": lambda: os.close(os.open(path, os.O_RDONLY)),
        "write": lambda: os.close(os.open(path, os.O_WRONLY)),
        "truncate": lambda: os.truncate(path, 0),
        "chmod": lambda: os.fchmod(fd, 0o666),
        "lease": lambda: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK),
        "attribute": lambda: os.setxattr(fd, "user.x", b"x"),
    }
    told, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setresgid(RUNNER, RUNNER, RUNNER)
        os.setresuid(RUNNER, RUNNER, RUNNER)
        for name, way in ways.items():
            try:
                way()
                os.write(say, f"{name} ".encode())
            except OSError:
                continue
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(say)
    with os.fdopen(told) as found:
        return found.read().split()


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
def test_the_runners_user_can_only_read_what_it_has_closed(
    spare: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = sealed(spare)
    assert attempts(reading) == ["read"]
    monkeypatch.setattr(spares, "LENT", 0o666)  # with it removed
    (open_to_all,) = new_spare(tmp_path)
    assert attempts(open_to_all) == ["read", "write", "truncate", "attribute"]
    os.close(reading)
    os.close(open_to_all)
