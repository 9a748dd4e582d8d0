"""What the agent keeps of stored files, and for how long."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from kernel_worker.agent import content as contents
from kernel_worker.agent.content import Content


def keep(content: Content, folder: Path, data: bytes) -> str:
    """Have a file kept; its sum."""
    path = folder / "staged"
    path.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    content.add(path, sha256, len(data))
    assert not path.exists()
    return sha256


def read(content: Content, sha256: str) -> bytes | None:
    fd = content.open(sha256)
    if fd is None:
        return None
    with os.fdopen(fd, "rb") as file:
        return file.read()


def test_what_is_kept_is_read_by_its_sum_and_cannot_be_written(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 100)
    sha256 = keep(content, tmp_path, b"one")
    assert read(content, sha256) == b"one"
    fd = content.open(sha256)
    assert fd is not None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(fd, b"x")
    assert os.fstat(fd).st_mode & 0o777 == 0o444
    os.close(fd)
    assert content.open("0" * 64) is None
    assert (tmp_path / "content").stat().st_mode & 0o777 == 0o700


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 10)
    first, second = keep(content, tmp_path, b"1111"), keep(content, tmp_path, b"2222")
    assert read(content, first) == b"1111"
    third = keep(content, tmp_path, b"3333")
    assert [read(content, one) for one in (first, second, third)] == [b"1111", None, b"3333"]
    assert len(list((tmp_path / "content").iterdir())) == 2


def test_what_had_to_go_is_gone_at_once_and_leaves_the_disk_with_the_sweep(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 5)
    first = keep(content, tmp_path, b"1111")
    path = tmp_path / "staged"
    path.write_bytes(b"2222")
    content.add(path, hashlib.sha256(b"2222").hexdigest(), 4, sweeps=False)
    assert read(content, first) is None
    assert len(list((tmp_path / "content").iterdir())) == 2
    content.sweep()
    assert [one.read_bytes() for one in (tmp_path / "content").iterdir()] == [b"2222"]


def test_what_had_to_go_does_not_come_back_in_another_process(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 5)
    keep(content, tmp_path, b"1111")
    path = tmp_path / "staged"
    path.write_bytes(b"2222")
    content.add(path, hashlib.sha256(b"2222").hexdigest(), 4, sweeps=False)
    Content(tmp_path / "content", 5).open("0" * 64)
    assert [one.read_bytes() for one in (tmp_path / "content").iterdir()] == [b"2222"]


def test_the_order_of_use_outlives_the_process(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 10)
    first, second = keep(content, tmp_path, b"1111"), keep(content, tmp_path, b"2222")
    os.utime(tmp_path / "content" / first, (2e9, 2e9))
    (tmp_path / "content" / f"{contents.COMING}half").write_bytes(b"half of a download")
    later = Content(tmp_path / "content", 10)
    third = keep(later, tmp_path, b"3333")
    assert [read(later, one) for one in (first, second, third)] == [b"1111", None, b"3333"]
    assert {path.name for path in (tmp_path / "content").iterdir()} == {first, third}


def test_a_smaller_bound_than_before_holds_at_once(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 10)
    sums = [keep(content, tmp_path, bytes([n]) * 4) for n in range(2)]
    small = Content(tmp_path / "content", 5)
    assert sum(small.open(one) is not None for one in sums) == 1


def test_what_is_larger_than_all_is_not_kept_and_pushes_nothing_out(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 10)
    first = keep(content, tmp_path, b"1111")
    large = keep(content, tmp_path, b"x" * 11)
    assert (read(content, first), read(content, large)) == (b"1111", None)


def test_the_same_file_twice_is_there_once(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 10)
    assert keep(content, tmp_path, b"1111") == keep(content, tmp_path, b"1111")
    other = keep(content, tmp_path, b"22222")
    assert read(content, other) == b"22222"
    assert len(list((tmp_path / "content").iterdir())) == 2


def test_an_open_descriptor_reads_on_after_the_file_made_room(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 5)
    fd = content.open(keep(content, tmp_path, b"1111"))
    assert fd is not None
    keep(content, tmp_path, b"2222")
    with os.fdopen(fd, "rb") as file:
        assert file.read() == b"1111"


def test_room_is_made_before_a_download_and_when_the_disk_is_full(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 10)
    first = keep(content, tmp_path, b"1111")
    coming = content.coming(8)
    assert content.open(first) is None
    assert coming.parent == tmp_path / "content"
    keep(content, tmp_path, b"2222")
    assert content.make_room() is True
    assert content.make_room() is False
    assert list((tmp_path / "content").iterdir()) == []


def test_a_file_that_somebody_removed_is_not_here(tmp_path: Path) -> None:
    content = Content(tmp_path / "content", 10)
    sha256 = keep(content, tmp_path, b"1111")
    (tmp_path / "content" / sha256).unlink()
    assert content.open(sha256) is None
    assert keep(content, tmp_path, b"1111") == sha256
    assert read(content, sha256) == b"1111"
