"""What a dead agent's staging file says to the one that adopts its execution."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker_config.wire.flows import PublishArtifact, PublishOutput, StoredObject
from broker_config.wire.frames import Done
from kernel_worker.agent.board import Board
from kernel_worker.agent.leftovers import sweep
from kernel_worker.agent.published import Published, StagedFile
from kernel_worker.agent.refusals import Refused
from kernel_worker.agent.staging import EMPTIED, Left, Staging

STORED = StoredObject("k/uid/u/1", 3, "0" * 64, "0" * 64)
DONE = Done("x", "succeeded", 1, 0.1, 0.1, None)


def artifact(name: str, number: int = 1, meta: object = None) -> Published:
    args = PublishArtifact(name, "int", "builtins", "cloudpickle", {"note": meta}, None)
    return Published(number, args, 1.5, StagedFile(f"file{number}", 3, f"artifact {name!r}"))


def output(name: str, number: int) -> Published:
    args = PublishOutput(name, 1, [])
    return Published(number, args, 1.5, StagedFile(f"file{number}", 3, f"output {name!r}"))


def adopted(folder: Path) -> tuple[Board, Left]:
    board = Board(False, "n", "f", "k")
    return board, Staging(folder, "x").load(board)


def test_an_adopter_has_the_board_of_the_dead(tmp_path: Path) -> None:
    staging = Staging(tmp_path, "x")
    one, two = artifact("one"), artifact("two", 2)
    for published in (one, two):
        staging.published(published, "artifact")
    staging.published(output("main", 3), "output")
    staging.published(output("main", 4), "output")
    staging.deleted(5, "two", existed=True)
    one.file.stored = STORED
    staging.stored(one.file)
    board, left = adopted(tmp_path)
    assert board.artifacts == {"one": one}
    assert list(board.deleted) == ["two"]
    assert board.outputs["main"].number == 4
    assert [(f.name, f.unwanted) for f in left.files.values()] == [
        ("file1", False), ("file2", True), ("file3", True), ("file4", False),
    ]  # fmt: skip
    assert left.files["file1"].stored == STORED


def test_calls_that_nobody_answered_are_open_and_what_they_did_is_known(tmp_path: Path) -> None:
    staging = Staging(tmp_path, "x")
    staging.called(1, "read_artifact", {"name": "a"})
    staging.answered(1, more=False)
    staging.called(2, "publish_artifact", None)
    staging.published(artifact("a", 2), "artifact")
    staging.called(3, "list_artifacts", {})
    staging.answered(3, more=True)
    staging.called(4, "read_artifact", {"name": "b"})
    left = adopted(tmp_path)[1]
    found = {n: (call.kind, call.args, call.answer, call.parted) for n, call in left.calls.items()}
    assert found == {
        2: ("publish_artifact", None, {}, False),
        3: ("list_artifacts", {}, None, True),
        4: ("read_artifact", {"name": "b"}, None, False),
    }


def test_how_the_runner_said_that_it_ended_is_kept(tmp_path: Path) -> None:
    Staging(tmp_path, "x").done(DONE, timed_out=True)
    left = adopted(tmp_path)[1]
    assert (left.done, left.timed_out) == (DONE, True)


def test_a_torn_line_is_one_that_was_never_said(tmp_path: Path) -> None:
    staging = Staging(tmp_path, "x")
    staging.published(artifact("one"), "artifact")
    with staging.path.open("ab") as file:
        file.write(b'{"op":"artifact","numb')
    again = Staging(tmp_path, "x")
    again.published(artifact("two", 2), "artifact")
    board, _ = adopted(tmp_path)
    assert list(board.artifacts) == ["one", "two"]


@pytest.mark.parametrize("meta", [float("nan"), [[]]])
def test_what_is_no_json_is_refused(tmp_path: Path, meta: object) -> None:
    if isinstance(meta, list):
        for _ in range(100_000):
            meta = [meta]
    staging = Staging(tmp_path, "x")
    with pytest.raises(Refused, match="artifact 'a' is not JSON"):
        staging.published(artifact("a", meta=meta), "artifact")
    assert adopted(tmp_path)[0].artifacts == {}
    while isinstance(meta, list) and meta:  # else its end is a recursion, too
        meta = meta.pop()


def test_a_file_that_is_done_with_is_used_again_without_what_it_held(tmp_path: Path) -> None:
    first = Staging(tmp_path, "before")
    first.called(1, "list_artifacts", {})
    inode = first.path.stat().st_ino
    first.remove()
    assert [path.name for path in tmp_path.iterdir()] == [EMPTIED]
    again = Staging(tmp_path, "x")
    again.called(2, "list_artifacts", {})
    assert again.path.stat().st_ino == inode
    first.answered(1, more=False)  # too late: it is another's file
    _board, left = adopted(tmp_path)
    assert list(left.calls) == [2]
    assert [path.name for path in tmp_path.iterdir()] == ["x.staging"]


def test_a_file_that_was_opened_by_nobody_is_removed_by_its_name(tmp_path: Path) -> None:
    Staging(tmp_path, "x").called(1, "list_artifacts", {})
    Staging(tmp_path, "x").remove()
    assert list(tmp_path.iterdir()) == []


def test_what_no_open_execution_names_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / "staged"
    assert sweep(folder, {}) == 0
    staging = Staging(folder, "x")
    staging.published(artifact("one"), "artifact")
    Staging(folder, "over").published(artifact("two", 2), "artifact")
    for name in ("file1", "file2", "copied-without-a-line"):
        (folder / name).write_text("abc")
    assert sweep(folder, {"x", "no-file"}) == 3
    assert {path.name for path in folder.iterdir()} == {"file1", "x.staging"}
