"""Which descriptors of a hostile runner are copied, and how much of them."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernel_worker.agent import taking
from kernel_worker.agent.refusals import Refused
from kernel_worker.agent.taking import checked_size, copy

ME = os.geteuid()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "x").write_bytes(b"content")
    fd = os.open(tmp_path / "x", os.O_RDWR)
    yield fd
    os.close(fd)


def test_a_regular_file_of_the_runners_is_taken(file: int) -> None:
    assert checked_size(file, ME, "it") == 7


def test_a_file_without_a_name_is_taken(file: int, tmp_path: Path) -> None:
    (tmp_path / "x").unlink()
    assert checked_size(file, ME, "it") == 7


def a_pipe(_folder: Path) -> int:
    reader, writer = os.pipe()
    os.close(writer)
    return reader


def a_socket(_folder: Path) -> int:
    return socket.socket(socket.AF_UNIX).detach()


def a_folder(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY)


def a_device(_folder: Path) -> int:
    return os.open("/dev/zero", os.O_RDONLY)


def a_second_name(folder: Path) -> int:
    (folder / "one").write_bytes(b"x")
    os.link(folder / "one", folder / "two")
    return os.open(folder / "one", os.O_RDONLY)


@pytest.mark.parametrize("make", [a_pipe, a_socket, a_folder, a_device, a_second_name])
def test_anything_else_is_refused(make: Callable[[Path], int], tmp_path: Path) -> None:
    fd = make(tmp_path)
    try:
        with pytest.raises(Refused, match="it did not come as a regular file with one name"):
            checked_size(fd, ME, "it")
    finally:
        os.close(fd)


def test_somebody_elses_file_is_refused(file: int) -> None:
    with pytest.raises(Refused, match="does not belong to the kernel"):
        checked_size(file, ME + 1, "it")


def test_a_file_over_the_limit_is_refused(file: int) -> None:
    os.ftruncate(file, taking.LARGEST_BYTES + 1)
    with pytest.raises(Refused, match="are allowed"):
        checked_size(file, ME, "it")


def test_a_file_that_grows_is_copied_as_it_was(file: int, tmp_path: Path) -> None:
    size = checked_size(file, ME, "it")
    os.pwrite(file, b"more", 7)
    os.lseek(file, 3, os.SEEK_SET)
    copy(file, size, tmp_path / "copy", "it")
    assert (tmp_path / "copy").read_bytes() == b"content"
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o444
    assert os.lseek(file, 0, os.SEEK_CUR) == 3


def test_a_file_that_shrinks_is_refused_and_nothing_is_left(file: int, tmp_path: Path) -> None:
    size = checked_size(file, ME, "it")
    os.ftruncate(file, 2)
    with pytest.raises(Refused, match="became shorter"):
        copy(file, size, tmp_path / "copy", "it")
    assert not (tmp_path / "copy").exists()


def test_a_descriptor_that_does_not_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    fd = os.open(tmp_path / "x", os.O_WRONLY)
    try:
        with pytest.raises(Refused, match="could not be read"):
            copy(fd, 7, tmp_path / "copy", "it")
    finally:
        os.close(fd)
    assert not (tmp_path / "copy").exists()


def test_a_file_of_another_disk_is_copied_too(
    file: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*_: object) -> int:
        raise OSError(errno.EXDEV, "another disk")

    monkeypatch.setattr(os, "copy_file_range", elsewhere)
    monkeypatch.setattr(taking, "COPY_BYTES", 3)
    copy(file, 7, tmp_path / "copy", "it")
    assert (tmp_path / "copy").read_bytes() == b"content"


def test_what_does_not_fit_on_the_disk_is_refused_before_it_is_copied(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    fd = os.open(tmp_path / "x", os.O_RDWR)
    try:
        free = os.fstatvfs(fd)
        size = free.f_bavail * free.f_frsize
        os.ftruncate(fd, size)
        with pytest.raises(Refused, match="no room") as caught:
            copy(fd, size, tmp_path / "copy", "it")
    finally:
        os.close(fd)
    assert caught.value.kind == "StorageUnavailable"
    assert not (tmp_path / "copy").exists()


def test_without_the_checks_all_of_it_would_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking.stat, "S_ISREG", lambda _mode: True)
    harmless = type("Stat", (), {"st_mode": 0, "st_nlink": 1, "st_uid": ME, "st_size": 0})
    monkeypatch.setattr(os, "fstat", lambda _fd: harmless)
    for make in (a_pipe, a_socket, a_folder, a_device, a_second_name):
        fd = make(tmp_path)
        assert checked_size(fd, ME, "it") == 0
        os.close(fd)
