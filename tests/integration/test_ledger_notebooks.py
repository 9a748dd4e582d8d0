"""Notebooks in their versions, and executions of their cells, on both databases."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import text

from broker_config.wire.errors import BadField, Conflict, NotFound
from tasks.ledger import artifacts, doomed, executions, notebooks
from tasks.ledger.artifacts import Place
from tasks.ledger.models import Notebook, User
from tasks.ledger.notebooks import FOLDED_S, MOST_KEPT, Document, Kept, NewCell, file_outputs
from tasks.ledger.session import Ledger
from tests.integration.flow_rows import publish
from tests.integration.ledger_rows import NOW, add_cells, add_kernel, add_user, at_once

STREAM = [{"output_type": "stream", "name": "stdout", "text": "kept"}]
LATER = FOLDED_S + 1


def cell(id_: str = "a", source: str = "1", **more: Any) -> NewCell:
    return NewCell(id_, "code", source, **more)


def document(*cells: NewCell, name: str = "N", **more: Any) -> Document:
    return Document(name, more.pop("kernel_uid", None), cells or (cell(),), **more)


def add_notebook(ledger: Ledger, owner: User, new: Document | None = None, now: float = NOW) -> Notebook:
    with ledger.write() as s:
        return notebooks.create(s, owner, new or document(), now)


def save(
    ledger: Ledger, user: User, notebook: Notebook, new: Document, expected: int, now: float
) -> Notebook:
    with ledger.write() as s:
        return notebooks.save(s, user, notebook, new, expected, now)


def numbers(ledger: Ledger, notebook: Notebook) -> list[int]:
    with ledger.read() as s:
        return [row.version for row in notebooks.versions(s, notebook, None, 500)[0]]


def sources(ledger: Ledger, notebook: Notebook, number: int | None = None) -> list[str]:
    with ledger.read() as s:
        row = notebooks.visible(s, _owner(notebook), notebook.id)
        return [one["source"] for one in notebooks.version(s, row, number).cells]


def outputs(ledger: Ledger, notebook: Notebook) -> list[Any]:
    """Of the cells of the newest version."""
    with ledger.read() as s:
        row = notebooks.version(s, notebooks.visible(s, _owner(notebook), notebook.id))
        digests = [one.get("kept", "") for one in row.cells]
        kept = notebooks.kept_outputs(s, notebook.id, digests)
        return [kept.get(digest) for digest in digests]


def _owner(notebook: Notebook) -> User:
    return User(id=notebook.owner_id, role="editor")


def test_an_id_is_made_here_and_sorts_by_age(ledger: Ledger) -> None:
    ann = add_user(ledger)
    first, second = (add_notebook(ledger, ann) for _ in range(2))
    for one in (first, second):
        assert re.fullmatch(r"nb-[0-9a-hjkmnp-tv-z]{26}", one.id)
    assert first.id[:10] <= second.id[:10]
    assert first.id != second.id


def test_saves_of_one_author_within_five_minutes_are_one_version(ledger: Ledger) -> None:
    ann = add_user(ledger)
    notebook = add_notebook(ledger, ann)
    for number in range(1, 6):
        save(ledger, ann, notebook, document(cell(source=f"s{number}")), number, NOW + number * 60)
    assert numbers(ledger, notebook) == [6, 5]
    assert (sources(ledger, notebook), sources(ledger, notebook, 5)) == (["s5"], ["s4"])
    with ledger.read() as s:
        row = notebooks.version(s, notebooks.visible(s, ann, notebook.id), 5)
        assert (row.begun_at, row.saved_at) == (NOW, NOW + 240)
        with pytest.raises(NotFound, match="version 4 of this notebook is not kept; its newest is 6"):
            notebooks.version(s, notebooks.visible(s, ann, notebook.id), 4)


def test_a_label_and_another_author_keep_versions_apart(ledger: Ledger) -> None:
    ann, root = add_user(ledger), add_user(ledger, "root", "admin")
    notebook = add_notebook(ledger, ann)
    save(ledger, ann, notebook, document(label="good"), 1, NOW + 1)
    save(ledger, ann, notebook, document(), 2, NOW + 2)
    save(ledger, root, notebook, document(), 3, NOW + 3)
    save(ledger, root, notebook, document(), 4, NOW + 4)
    assert numbers(ledger, notebook) == [5, 3, 2, 1]
    with ledger.read() as s:
        rows = notebooks.versions(s, notebook, None, 9)[0]
        assert [row.label for row in rows] == [None, None, "good", None]
        page, following = notebooks.versions(s, notebook, None, 2)
        assert [row.version for row in page] == [5, 3]
        assert [row.version for row in notebooks.versions(s, notebook, following, 9)[0]] == [2, 1]


def test_a_clock_that_went_back_folds_nothing(ledger: Ledger) -> None:
    ann = add_user(ledger)
    notebook = add_notebook(ledger, ann)
    save(ledger, ann, notebook, document(), 1, NOW - 10)
    assert numbers(ledger, notebook) == [2, 1]


def test_the_newest_two_hundred_versions_are_kept_and_as_many_with_labels(ledger: Ledger) -> None:
    ann = add_user(ledger)
    notebook = add_notebook(ledger, ann, document(label="first"))
    with ledger.write() as s:
        for number in range(1, MOST_KEPT + 6):
            notebooks.save(s, ann, notebook, document(), number, NOW + number * LATER)
    assert len(numbers(ledger, notebook)) == MOST_KEPT + 1
    assert numbers(ledger, notebook)[-2:] == [7, 1]


def test_a_lost_update_is_refused_and_changes_nothing(ledger: Ledger) -> None:
    ann = add_user(ledger)
    notebook = add_notebook(ledger, ann)
    save(ledger, ann, notebook, document(cell(source="mine")), 1, NOW + 1)
    with pytest.raises(Conflict, match="this notebook was saved in the meantime") as lost:
        save(ledger, ann, notebook, document(cell(source="lost")), 1, NOW + 2)
    assert lost.value.field == "version"
    assert sources(ledger, notebook) == ["mine"]


def test_of_saves_at_once_one_wins(ledger: Ledger) -> None:
    ann = add_user(ledger)
    notebook = add_notebook(ledger, ann)
    told = at_once(
        4, lambda n: save(ledger, ann, notebook, document(cell(source=str(n))), 1, NOW + 1).version
    )
    assert sorted(str(type(one).__name__) for one in told) == ["Conflict"] * 3 + ["int"]
    assert numbers(ledger, notebook) == [2]


def test_others_do_not_see_it_an_admin_does_and_lists_are_searched(ledger: Ledger) -> None:
    ann, bob, root = add_user(ledger), add_user(ledger, "bob"), add_user(ledger, "root", "admin")
    names = ("Sales 100%", "sales", "Other")
    made = [add_notebook(ledger, ann, document(name=name), NOW + number) for number, name in enumerate(names)]
    save(ledger, ann, made[0], document(name=names[0]), 1, NOW + 9)

    def listed(user: User, words: str | None = None, **more: Any) -> list[str]:
        with ledger.read() as s:
            return [row.name for row in notebooks.page(s, user, words, None, 9, **more)[0]]

    assert listed(ann) == ["Sales 100%", "Other", "sales"]
    assert listed(ann, "SALES") == ["Sales 100%", "sales"]
    assert listed(ann, "%") == ["Sales 100%"]
    assert (listed(bob), listed(root), len(listed(root, all=True)), listed(bob, all=True)) == ([], [], 3, [])
    with ledger.read() as s:
        assert notebooks.visible(s, root, made[0].id).id == made[0].id
        with pytest.raises(NotFound):
            notebooks.visible(s, bob, made[0].id)
        page, following = notebooks.page(s, ann, None, None, 2)
        assert [row.name for row in page] == ["Sales 100%", "Other"]
        assert [row.name for row in notebooks.page(s, ann, None, following, 2)[0]] == ["sales"]
        with pytest.raises(BadField):
            notebooks.page(s, ann, None, "x", 2)


def test_outputs_of_a_file_stay_with_their_cell_until_they_are_erased(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kept = notebooks.kept(STREAM)
    notebook = add_notebook(
        ledger, ann, document(cell("a", outputs=kept), cell("b", outputs=kept), cell("c"))
    )
    assert outputs(ledger, notebook) == [STREAM, STREAM, None]
    save(ledger, ann, notebook, document(cell("b", keeps=True), cell("a"), cell("n", keeps=True)), 1, NOW + 1)
    assert outputs(ledger, notebook) == [STREAM, None, None]
    with ledger.write() as s:
        notebooks.erase_kept(s, notebook.id)
    assert outputs(ledger, notebook) == [None, None, None]
    # A page that does not know of it yet brings nothing back.
    save(ledger, ann, notebook, document(cell("b", outputs=kept)), 2, NOW + 2)
    assert outputs(ledger, notebook) == [None]


def test_what_a_notebook_keeps_of_files_is_bounded_by_what_its_versions_name(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = add_user(ledger)
    notebook = add_notebook(ledger, ann, document(cell("a", outputs=_kept("x"))))
    monkeypatch.setattr(file_outputs, "MOST_CHARACTERS", 2_500)
    save(ledger, ann, notebook, document(cell("a", outputs=_kept("y"))), 1, NOW + 1)
    # The first is named by no version any more, since its version was folded: it makes room.
    save(ledger, ann, notebook, document(cell("a", outputs=_kept("z"))), 2, NOW + LATER)
    assert outputs(ledger, notebook) == [_kept("z").outputs]
    with pytest.raises(BadField, match="erase them first"):
        save(ledger, ann, notebook, document(cell("a", outputs=_kept("w"))), 3, NOW + 2 * LATER)
    assert outputs(ledger, notebook) == [_kept("z").outputs]
    with ledger.write() as s:
        notebooks.erase_kept(s, notebook.id)
    save(ledger, ann, notebook, document(cell("a", outputs=_kept("w"))), 3, NOW + 2 * LATER)
    assert outputs(ledger, notebook) == [_kept("w").outputs]


def _kept(character: str) -> Kept:
    made = notebooks.kept([{"output_type": "stream", "name": "stdout", "text": character * 1_000}])
    assert made is not None
    return made


def test_a_deleted_notebook_takes_versions_outputs_and_artifacts_with_it(ledger: Ledger) -> None:
    ann = add_user(ledger)
    notebook = add_notebook(ledger, ann, document(cell("a", outputs=notebooks.kept(STREAM))))
    place = Place(ann.id, notebook.id)
    other = add_notebook(ledger, ann, document(cell("a", outputs=notebooks.kept(STREAM))))
    publish(ledger, place, "x")
    with ledger.read() as s:
        key = artifacts.find(s, place, "x").object_key
    with ledger.write() as s:
        notebooks.delete(s, notebook, NOW + 5)
    with ledger.read() as s:
        assert artifacts.count(s, place) == 0
        assert doomed.due(s, NOW + 6, 9) == [key]
        for table, left in (("notebook_versions", 1), ("notebook_outputs", 1), ("notebooks", 2)):
            assert s.scalar(text(f"SELECT count(*) FROM {table}")) == left
        with pytest.raises(NotFound):
            notebooks.visible(s, ann, notebook.id)
    assert outputs(ledger, other) == [STREAM]
    for act in (
        lambda s: notebooks.delete(s, notebook, NOW),
        lambda s: notebooks.save(s, ann, notebook, document(), 1, NOW),
    ):
        with pytest.raises(NotFound), ledger.write() as s:
            act(s)


# Executions of cells ----------------------------------------------------------------------------


def ids(ledger: Ledger, user: User, flow_id: str = "nb", **more: Any) -> list[str]:
    with ledger.read() as s:
        rows = executions.page(s, user, flow_id=flow_id, newest_of_cells=True, limit=99, **more)[0]
        return [row.id for row in rows]


def test_of_each_cell_the_newest_execution_is_found_on_whichever_kernel(ledger: Ledger) -> None:
    ann = add_user(ledger)
    one, two = add_kernel(ledger, ann, "one"), add_kernel(ledger, ann, "two")
    add_cells(ledger, one.uid, 3, NOW, flow_id="nb", cell_id="a")
    newest_b = add_cells(ledger, one.uid, 2, NOW + 1, flow_id="nb", cell_id="b")[-1]
    newest_a = add_cells(ledger, two.uid, 1, NOW + 2, flow_id="nb", cell_id="a")[0]
    add_cells(ledger, one.uid, 1, NOW + 3, flow_id="nb")
    add_cells(ledger, one.uid, 1, NOW + 3, flow_id="other", cell_id="a")
    assert ids(ledger, ann) == [newest_a, newest_b]
    assert ids(ledger, ann, kernel_uid=one.uid) == [newest_b]
    assert ids(ledger, add_user(ledger, "bob")) == []


def test_cells_of_two_nodes_may_have_one_id(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    first = add_cells(ledger, kernel.uid, 2, NOW, flow_id="f", node_id="x", cell_id="1")[-1]
    second = add_cells(ledger, kernel.uid, 2, NOW, flow_id="f", node_id="y", cell_id="1")[-1]
    assert ids(ledger, ann, "f") == [second, first]
    assert ids(ledger, ann, "f", node_id="x") == [first]


def test_what_a_user_does_not_see_hides_nothing_from_them(ledger: Ledger) -> None:
    ann, bob = add_user(ledger), add_user(ledger, "bob")
    mine, theirs = add_kernel(ledger, ann), add_kernel(ledger, bob)
    here = add_cells(ledger, mine.uid, 1, NOW, flow_id="nb", cell_id="a")[0]
    add_cells(ledger, theirs.uid, 1, NOW + 1, flow_id="nb", cell_id="a")
    assert ids(ledger, ann) == [here]
    with ledger.read() as s:
        assert executions.kernels_of(s, ann, "nb") == [mine.uid]
        assert [row.id for row in executions.open_of(s, mine.uid, "nb")] == [here]
