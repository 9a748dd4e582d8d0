"""The file of an execution's frames: what is replayed, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

from broker_config.wire.frames import STDOUT
from kernel_worker.agent.spool import EMPTIED, Spool


def written(folder: Path, execution_id: str, *texts: bytes) -> Spool:
    spool = Spool(folder, execution_id, 1_000)
    for text in texts:
        spool.add(STDOUT, text)
    return spool


def texts(spool: Spool) -> list[bytes]:
    return [payload for _kind, payload in spool.replay()]


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


def test_executions_one_after_the_other_use_one_file(tmp_path: Path) -> None:
    inodes = set()
    for number in range(3):
        spool = written(tmp_path, f"x-{number}", b"text of it")
        assert list(files(tmp_path)) == [f"x-{number}.frames"]
        assert texts(spool) == [b"text of it"]
        spool.remove()
        assert list(files(tmp_path)) == [EMPTIED]
        assert (tmp_path / EMPTIED).stat().st_size == 0
        inodes |= set(files(tmp_path).values())
    assert len(inodes) == 1


def test_executions_side_by_side_have_a_file_each(tmp_path: Path) -> None:
    written(tmp_path, "x-0", b"0").remove()
    first, second = written(tmp_path, "x-1", b"1"), written(tmp_path, "x-2", b"2")
    assert set(files(tmp_path)) == {"x-1.frames", "x-2.frames"}
    assert (texts(first), texts(second)) == ([b"1"], [b"2"])
    first.remove()
    second.remove()
    assert list(files(tmp_path)) == [EMPTIED]


def test_who_goes_on_with_a_dead_ones_file_keeps_what_is_in_it(tmp_path: Path) -> None:
    written(tmp_path, "x-0", b"0").remove()
    written(tmp_path, "x-1", b"before")
    written(tmp_path, "x-2", b"2").remove()
    adopted = Spool(tmp_path, "x-1", 1_000)
    assert texts(adopted) == [b"before"]
    adopted.add(STDOUT, b"after")
    assert texts(Spool(tmp_path, "x-1", 1_000)) == [b"before", b"after"]
    adopted.remove()
    assert list(files(tmp_path)) == [EMPTIED]


def test_an_execution_that_says_nothing_has_no_file(tmp_path: Path) -> None:
    Spool(tmp_path, "x-1", 10).remove()
    assert files(tmp_path) == {}
