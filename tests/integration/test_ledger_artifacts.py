"""Local artifacts on both databases: what cells and runs see, who owns a name, what ends when."""

from __future__ import annotations

import random

import pytest

from broker_config.wire import names
from broker_config.wire.errors import BadField, Conflict, NotFound
from tasks.ledger import artifacts, doomed
from tasks.ledger.artifacts import CELLS, RUN, Place
from tasks.ledger.endings import Output
from tasks.ledger.session import Ledger
from tests.integration.flow_rows import KERNEL, new_artifact, publish
from tests.integration.ledger_rows import NOW, add_cells, add_user, end_with, kernel_row


@pytest.fixture
def place(ledger: Ledger) -> Place:
    return Place(add_user(ledger).id, "flow")


def see(ledger: Ledger, place: Place, scope: str = CELLS) -> dict[str, str]:
    """Names that are seen, and the execution that published each."""
    with ledger.read() as s:
        return {row.name: row.execution_id for row in artifacts.seen(s, place, scope)}


def in_the_way(
    ledger: Ledger,
    place: Place,
    node: str,
    *published: str,
    scope: str = CELLS,
    deleted: tuple[str, ...] = (),
) -> list[str]:
    with ledger.read() as s:
        return [row.name for row in artifacts.foreign(s, place, scope, node, published, deleted)]


def test_what_is_staged_nobody_sees(ledger: Ledger, place: Place) -> None:
    execution_id = names.new_execution_id(KERNEL)
    with ledger.write() as s:
        artifacts.stage(s, [new_artifact(place, execution_id, "x")], NOW)
    assert see(ledger, place) == {}
    with ledger.read() as s:
        assert artifacts.page(s, place, None, 9) == ([], None)
        assert artifacts.of_kernel(s, KERNEL, None, 9) == ([], None)
        assert [row.name for row in artifacts.staged_of(s, execution_id)] == ["x"]


def test_staging_the_same_object_again_changes_nothing_and_another_takes_its_place(
    ledger: Ledger, place: Place
) -> None:
    execution_id = names.new_execution_id(KERNEL)
    first, second = (new_artifact(place, execution_id, "x") for _ in range(2))
    for one in (first, first, second, second):
        with ledger.write() as s:
            artifacts.stage(s, [one], NOW)
    with ledger.read() as s:
        assert [row.object_key for row in artifacts.staged_of(s, execution_id)] == [second.object_key]
        assert doomed.due(s, NOW + 1, 9) == [first.object_key]


def test_cells_see_runs_with_their_own_on_top_and_runs_see_runs(ledger: Ledger, place: Place) -> None:
    run = publish(ledger, place, "x", "y", scope=RUN)
    cell = publish(ledger, place, "y", "z")
    assert see(ledger, place, RUN) == {"x": run, "y": run}
    assert see(ledger, place) == {"x": run, "y": cell, "z": cell}


def test_what_cells_delete_of_a_run_is_gone_for_cells_alone(ledger: Ledger, place: Place) -> None:
    run = publish(ledger, place, "x", "y", scope=RUN)
    publish(ledger, place, deleted=("x", "never there"))
    assert see(ledger, place) == {"y": run}
    assert see(ledger, place, RUN) == {"x": run, "y": run}
    with ledger.read() as s, pytest.raises(NotFound):
        artifacts.find(s, place, "x")
    cell = publish(ledger, place, "x", node="b")
    assert see(ledger, place) == {"x": cell, "y": run}


def test_deleting_ones_own_cell_artifact_hides_the_runs_of_that_name_too(
    ledger: Ledger, place: Place
) -> None:
    publish(ledger, place, "x", scope=RUN)
    publish(ledger, place, "x")
    publish(ledger, place, deleted=("x",))
    assert see(ledger, place) == {}


def test_a_run_removes_what_its_node_did_not_publish_again(ledger: Ledger, place: Place) -> None:
    publish(ledger, place, "x", "y", scope=RUN)
    other = publish(ledger, place, "of b", scope=RUN, node="b")
    second = publish(ledger, place, "x", scope=RUN)
    assert see(ledger, place, RUN) == {"of b": other, "x": second}
    third = publish(ledger, place, scope=RUN)
    assert see(ledger, place, RUN) == {"of b": other}
    assert third


def test_cells_see_the_run_again_once_it_published_their_names(ledger: Ledger, place: Place) -> None:
    publish(ledger, place, "x", scope=RUN)
    publish(ledger, place, deleted=("x",))
    cell = publish(ledger, place, "x", "own", node="b")
    run = publish(ledger, place, "x", scope=RUN)
    assert see(ledger, place) == {"own": cell, "x": run}


def test_a_run_that_deletes_takes_it_from_runs(ledger: Ledger, place: Place) -> None:
    first = publish(ledger, place, "x", "y", scope=RUN)
    publish(ledger, place, "z", scope=RUN, node="b", deleted=("x",))
    assert see(ledger, place, RUN).keys() == {"y", "z"}
    assert see(ledger, place)["y"] == first


def test_a_cell_that_publishes_again_replaces_and_dooms_the_object(ledger: Ledger, place: Place) -> None:
    publish(ledger, place, "x", "y")
    with ledger.read() as s:
        before = artifacts.find(s, place, "x").object_key
    second = publish(ledger, place, "x", now=NOW + 1)
    assert see(ledger, place)["x"] == second
    with ledger.read() as s:
        assert doomed.due(s, NOW + 5, 9) == [before]


def test_names_of_other_nodes_stand_in_the_way_until_they_are_deleted(ledger: Ledger, place: Place) -> None:
    publish(ledger, place, "x")
    publish(ledger, place, "of a run", scope=RUN)
    assert in_the_way(ledger, place, "a", "x", "of a run") == []
    assert in_the_way(ledger, place, "b", "x", "of a run", "new") == ["of a run", "x"]
    assert in_the_way(ledger, place, "b", "x", "of a run", deleted=("x",)) == ["of a run"]
    assert in_the_way(ledger, place, "b", "x", "of a run", scope=RUN) == ["of a run"]
    assert in_the_way(ledger, place, "b") == []


def test_the_same_name_lives_in_two_flows_and_for_two_owners(ledger: Ledger, place: Place) -> None:
    other, foreign = Place(place.owner_id, "other"), Place(add_user(ledger, "bob").id, "flow")
    ids = [publish(ledger, one, "x") for one in (place, other, foreign)]
    assert [see(ledger, one)["x"] for one in (place, other, foreign)] == ids
    assert artifacts.flow_key("", KERNEL) == f"~{KERNEL}"
    assert artifacts.flow_key("flow", KERNEL) == "flow"


def test_two_that_publish_one_name_without_waiting_for_each_other_do_not_both_win(
    ledger: Ledger, place: Place
) -> None:
    ids = [names.new_execution_id(KERNEL) for _ in range(2)]
    with ledger.write() as s:
        for one in ids:
            artifacts.stage(s, [new_artifact(place, one, "x")], NOW)

    def both() -> None:
        with ledger.write() as s:
            for one in ids:
                artifacts.publishing._stand(s, one, ["x"], NOW)

    with pytest.raises(Conflict):
        both()
    assert see(ledger, place) == {}


def test_pages_are_by_bytes_of_the_name_and_of_one_node_where_that_is_asked(
    ledger: Ledger, place: Place
) -> None:
    wanted = ["é", "z", "B", "a b", "a"]
    publish(ledger, place, *wanted)
    publish(ledger, place, "of b", node="b")
    seen: list[str] = []
    after: str | None = None
    with ledger.read() as s:
        while True:
            rows, after = artifacts.page(s, place, after, 2)
            seen += [row.name for row in rows]
            if after is None:
                break
        assert [row.name for row in artifacts.page(s, place, None, 9, "b")[0]] == ["of b"]
        with pytest.raises(BadField):
            artifacts.page(s, place, "x", 9)
    assert seen == sorted([*wanted, "of b"], key=str.encode)


def test_a_preview_comes_with_one_and_not_with_many(ledger: Ledger, place: Place) -> None:
    publish(ledger, place, "x")
    with ledger.read() as s:
        assert artifacts.find(s, place, "x").preview == {"kind": "text", "text": "x"}
    with ledger.read() as s:
        row = artifacts.seen(s, place, CELLS)[0]
        with pytest.raises(Exception, match="raiseload"):
            assert row.preview


def test_what_a_person_deletes_is_gone_for_cells_and_runs(ledger: Ledger, place: Place) -> None:
    publish(ledger, place, "x", "y", scope=RUN)
    publish(ledger, place, "x")
    with ledger.write() as s:
        artifacts.delete(s, place, "x", NOW)
    assert see(ledger, place).keys() == see(ledger, place, RUN).keys() == {"y"}
    with ledger.read() as s:
        assert len(doomed.due(s, NOW + 1, 9)) == 2
    with pytest.raises(NotFound, match="'x'"), ledger.write() as s:
        artifacts.delete(s, place, "x", NOW)


def test_what_a_kernel_published_is_told_in_parts_and_can_be_cleared(ledger: Ledger, place: Place) -> None:
    execution_id = publish(ledger, place, "x", "y", "z")
    publish(ledger, place, "other", kernel="O" * 12)
    staged = names.new_execution_id(KERNEL)
    with ledger.write() as s:
        artifacts.stage(s, [new_artifact(place, staged, "s")], NOW)
    with ledger.read() as s:
        rows, following = artifacts.of_kernel(s, KERNEL, None, 2)
        assert following == rows[-1].id
        more, end = artifacts.of_kernel(s, KERNEL, following, 2)
        assert ([row.name for row in (*rows, *more)], end) == (["x", "y", "z"], None)
        assert {row.execution_id for row in rows} == {execution_id}
    with ledger.write() as s:
        artifacts.mark_damaged(s, rows[0].id)
    with ledger.read() as s:
        assert len(artifacts.of_kernel(s, KERNEL, None, 9)[0]) == 2
    with ledger.write() as s:
        assert artifacts.clear_kernel(s, KERNEL, NOW) == 3
    assert see(ledger, place).keys() == {"other"}
    with ledger.read() as s:
        assert len(artifacts.staged_of(s, staged)) == 1
        assert len(doomed.due(s, NOW + 1, 9)) == 3


def test_a_deleted_kernel_leaves_none_not_even_in_its_loose_namespace(ledger: Ledger, place: Place) -> None:
    loose = Place(place.owner_id, artifacts.flow_key("", KERNEL))
    publish(ledger, place, "x")
    publish(ledger, loose, "y", scope=RUN)
    publish(ledger, loose, deleted=("y",))
    with ledger.write() as s:
        artifacts.delete_kernel(s, KERNEL)
    with ledger.read() as s:
        assert artifacts.count(s, place) == artifacts.count(s, loose) == 0


def test_what_was_staged_and_never_published_is_dropped_once_its_execution_ended(ledger: Ledger) -> None:
    kernel = kernel_row(ledger)
    place = Place(kernel.owner_id, "flow")
    ended, running = add_cells(ledger, kernel.uid, 2)
    with ledger.write() as s:
        for one in (ended, running):
            artifacts.stage(s, [new_artifact(place, one, "x"), new_artifact(place, one, "y")], NOW)
    end_with(ledger, ended, Output())
    with ledger.write() as s:
        assert artifacts.drop_staged(s, NOW, 9, NOW) == 0
        assert artifacts.drop_staged(s, NOW + 5, 9, NOW) == 2
    with ledger.read() as s:
        assert artifacts.staged_of(s, ended) == []
        assert len(artifacts.staged_of(s, running)) == 2
        assert len(doomed.due(s, NOW + 1, 9)) == 2


def test_an_id_is_not_given_again(ledger: Ledger, place: Place) -> None:
    publish(ledger, place, "x")
    with ledger.read() as s:
        first = artifacts.find(s, place, "x").id
    with ledger.write() as s:
        artifacts.delete(s, place, "x", NOW)
    publish(ledger, place, "x")
    with ledger.read() as s:
        assert artifacts.find(s, place, "x").id > first


def test_thousands_are_published_and_deleted_at_a_time(ledger: Ledger, place: Place) -> None:
    many = tuple(f"n{n:04}" for n in range(1_200))
    publish(ledger, place, *many, scope=RUN)
    publish(ledger, place, deleted=many)
    assert see(ledger, place) == {}
    second = publish(ledger, place, *many, scope=RUN)
    assert set(see(ledger, place).values()) == {second}


class Model:
    """What is seen, in two dictionaries: name → (node, execution); None in ``cells`` hides a run's."""

    def __init__(self) -> None:
        self.run: dict[str, tuple[str, str]] = {}
        self.cells: dict[str, tuple[str, str] | None] = {}

    def seen(self, scope: str) -> dict[str, tuple[str, str]]:
        both = self.run if scope == RUN else {**self.run, **self.cells}
        return {name: one for name, one in both.items() if one is not None}

    def foreign(self, scope: str, node: str, published: set[str], deleted: set[str]) -> set[str]:
        return {
            name for name, one in self.seen(scope).items() if name in published - deleted and one[0] != node
        }

    def cell(self, node: str, execution_id: str, published: set[str], deleted: set[str]) -> None:
        for name in deleted:
            self.cells.pop(name, None)
            if name in self.run:
                self.cells[name] = None
        self.cells.update(dict.fromkeys(published, (node, execution_id)))

    def ran(self, node: str, execution_id: str, published: set[str], deleted: set[str]) -> None:
        mine = {name for name, one in self.run.items() if one[0] == node}
        self.run = {name: one for name, one in self.run.items() if name not in mine | deleted}
        self.run.update(dict.fromkeys(published, (node, execution_id)))
        hidden = {name for name in mine if self.cells.get(name, ()) is None}
        self.cells = {name: one for name, one in self.cells.items() if name not in published | hidden}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_cells_and_runs_publish_and_delete_is_seen_as_a_model_sees_it(
    ledger: Ledger, place: Place, seed: int
) -> None:
    choose, model = random.Random(seed), Model()
    refused = 0
    for _ in range(60):
        node, scope = choose.choice("abc"), choose.choice((RUN, CELLS))
        published, deleted = (set(choose.sample("uvwxyz", choose.randrange(4))) for _ in range(2))
        theirs = model.foreign(scope, node, published, deleted)
        assert set(in_the_way(ledger, place, node, *published, scope=scope, deleted=tuple(deleted))) == theirs
        if theirs:
            refused += 1
            continue
        made = publish(
            ledger, place, *sorted(published), node=node, scope=scope, deleted=tuple(sorted(deleted))
        )
        (model.ran if scope == RUN else model.cell)(node, made, published, deleted)
        for which in (RUN, CELLS):
            expected = {name: one[1] for name, one in model.seen(which).items()}
            assert see(ledger, place, which) == expected
    assert refused > 0
