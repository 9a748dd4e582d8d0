"""What an execution may publish, read and delete, and what it is told otherwise."""

from __future__ import annotations

import pytest

from broker_config.wire.errors import BadField
from broker_config.wire.flows import Artifact, FlowView, PublishArtifact, PublishOutput
from kernel_worker.agent import board as boards
from kernel_worker.agent.board import Board
from kernel_worker.agent.published import Published, StagedFile
from kernel_worker.agent.refusals import Refused


def artifact(name: str, node: str | None = "other") -> Artifact:
    return Artifact(
        7, name, node, f"Node {node}", "f", "k" * 12, "int", "builtins", "cloudpickle", {}, 1, "0" * 64, 1.0,
        persisted=True, upstream=True,
    )  # fmt: skip


def a_board(*artifacts: Artifact, interactive: bool = False, node: str = "mine") -> Board:
    board = Board(interactive, node, "f", "k" * 12)
    board.look_again(FlowView(True, True, [], {}, [], [], list(artifacts)))
    return board


def published(name: str, number: int = 1) -> Published:
    args = PublishArtifact(name, "int", "builtins", "cloudpickle", {}, None)
    return Published(number, args, 1.0, StagedFile(f"file{number}", 1, f"artifact {name!r}"))


def output(name: str, number: int = 1) -> Published:
    args = PublishOutput(name, 1, [])
    return Published(number, args, 1.0, StagedFile(f"file{number}", 1, f"output {name!r}"))


def refused(board: Board, name: str) -> str:
    with pytest.raises(Refused) as caught:
        board.check_publish(name)
    assert caught.value.kind == "ValueError"
    return caught.value.message


def test_a_name_of_another_node_is_refused_and_its_owner_named() -> None:
    assert "node 'Node other' (other)" in refused(a_board(artifact("model")), "model")
    assert "the flow's cells" in refused(a_board(artifact("model", None)), "model")


def test_the_node_itself_replaces_what_it_published_in_earlier_runs() -> None:
    board = a_board(artifact("model", "mine"))
    assert board.check_publish("model") == "model"
    board.publish(published("model"))
    found = board.find("model")
    assert isinstance(found, Published)


def test_a_run_publishes_a_name_once_and_cells_as_often_as_they_like() -> None:
    run, cell = a_board(), a_board(interactive=True)
    for board in (run, cell):
        board.publish(published("x"))
    assert "published already in this run" in refused(run, "x")
    first = cell.artifacts["x"]
    cell.check_publish("x")
    cell.publish(published("x", 2))
    assert first.file.unwanted
    assert not cell.artifacts["x"].file.unwanted


def test_after_a_delete_anybody_publishes_the_name_also_in_the_same_cell() -> None:
    board = a_board(artifact("model"))
    board.delete("model")
    board.check_publish("model")
    board.publish(published("model"))
    assert (list(board.deleted), list(board.artifacts)) == (["model"], ["model"])
    board.delete("model")
    board.check_publish("model")
    assert (list(board.deleted), list(board.artifacts)) == (["model"], [])


def test_what_only_this_execution_published_and_deleted_is_told_nobody() -> None:
    board = a_board()
    one = published("x")
    board.publish(one)
    board.delete("x")
    assert not board.deleted
    assert one.file.unwanted


def test_a_missing_name_is_a_key_error_with_the_nearest_names() -> None:
    board = a_board(artifact("model"), artifact("modal"), artifact("weather"))
    board.delete("modal")
    for ask in (board.find, board.delete):
        with pytest.raises(Refused, match="'modell'") as caught:
            ask("modell")
        assert caught.value.kind == "KeyError"
        assert "'model'" in caught.value.message
        assert "modal" not in caught.value.message.replace("'modell'", "")
    with pytest.raises(Refused, match="none is published in this flow"):
        a_board().find("x")


def test_what_was_read_is_remembered_for_lineage() -> None:
    board = a_board(artifact("model"))
    board.find("model")
    assert list(board.read) == ["model"]


def test_all_that_may_be_read_is_listed_by_name_with_its_own_on_top() -> None:
    board = a_board(artifact("b", "mine"), artifact("a"), artifact("gone"))
    board.delete("gone")
    board.publish(published("b"))
    listing = list(board.listing())
    assert [(one.name, one.id, one.persisted) for one in listing] == [("a", 7, True), ("b", 0, False)]


@pytest.mark.parametrize("name", ["", "a/b", "..", "a::b", "x" * 201, "new\nline", "a\\b", "\x00"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(BadField):
        a_board().check_publish(name)
    with pytest.raises(BadField):
        a_board().check_output(name)


def test_names_are_compared_in_one_form() -> None:
    refused(a_board(artifact("\u00e9")), "e\u0301")


def test_the_last_output_of_a_name_stands() -> None:
    board = a_board()
    first = output("main")
    assert board.write(first) is False
    assert board.write(output("main", 2)) is True
    assert first.file.unwanted
    assert board.outputs["main"].number == 2


def test_artifacts_of_one_execution_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "MOST_ARTIFACTS", 2)
    monkeypatch.setattr(boards, "MOST_OUTPUTS", 1)
    monkeypatch.setattr(boards, "MOST_PUBLISHED", 5)
    board = a_board(interactive=True)
    for number, name in enumerate("ab"):
        board.check_publish(name)
        board.publish(published(name, number))
    assert "at most 2 artifacts" in refused(board, "c")
    board.check_publish("a")
    board.check_output("main")
    board.write(output("main"))
    with pytest.raises(Refused, match="at most 1 outputs"):
        board.check_output("second")
    board.check_publish("a")
    assert "at most 5 times" in refused(board, "a")


def test_a_second_look_brings_addresses_and_changes_nothing_else() -> None:
    board = a_board(artifact("a"))
    board.look_again(FlowView(False, False, ["x"], {}, [], ["main"], [artifact("b")]))
    assert board.saved
    assert [one.name for one in board.listing()] == ["a"]
