"""Outputs and artifacts of runs, on both databases: places of their own, rows copied and objects not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import InvalidRequestError

from broker_config.wire import names
from tasks.ledger import artifacts, doomed, flows, outputs
from tasks.ledger.artifacts import CELLS, RUN, Place, place_of_run
from tasks.ledger.models import Artifact, Flow, FlowOutput, Run, User
from tasks.ledger.outputs import NewFlowOutput
from tasks.ledger.places import run_key, run_of
from tasks.ledger.session import Ledger
from tests.integration.flow_rows import KERNEL, add_flow, publish, upload
from tests.integration.ledger_rows import NOW, add_user

LATER = NOW + 10


@pytest.fixture
def ann(ledger: Ledger) -> User:
    return add_user(ledger)


@pytest.fixture
def flow(ledger: Ledger, ann: User) -> Flow:
    return add_flow(ledger, ann)


@pytest.fixture
def place(ann: User, flow: Flow) -> Place:
    return Place(ann.id, flow.id)


def begun(ledger: Ledger, flow: Flow) -> str:
    """A new run of the flow that has begun; its id."""
    run_id = names.new_uid()
    with ledger.write() as s:
        fields = {"parameters": {}, "options": {}, "kernels": {}, "created_at": NOW}
        run = Run(id=run_id, owner_id=flow.owner_id, flow_id=flow.id, flow_version=1, **fields)
        run.state, run.trigger = "running", "manual"
        s.add(run)
        s.flush()
        artifacts.begin_run(s, flow.owner_id, flow.id, run_id)
    return run_id


def in_run(ledger: Ledger, flow: Flow, run_id: str, *published: str, node: str = "a", **more: object) -> str:
    """A node of the run publishes these; the execution's id."""
    place = place_of_run(flow.owner_id, run_id)
    return publish(ledger, place, *published, node=node, scope=RUN, **more)  # type: ignore[arg-type]


def succeed(ledger: Ledger, flow: Flow, run_id: str) -> None:
    with ledger.write() as s:
        artifacts.finish_run(s, flow.owner_id, flow.id, run_id, LATER)


def see(ledger: Ledger, place: Place, scope: str = RUN) -> dict[str, str]:
    with ledger.read() as s:
        return {row.name: row.execution_id for row in artifacts.seen(s, place, scope)}


def of(ledger: Ledger, flow: Flow, run_id: str) -> dict[str, str]:
    return see(ledger, place_of_run(flow.owner_id, run_id))


def objects(ledger: Ledger, place: Place) -> dict[str, str | None]:
    with ledger.read() as s:
        return {row.name: row.object_key for row in artifacts.seen(s, place, RUN)}


def removed_for_good(ledger: Ledger) -> set[str]:
    """Objects that are doomed and that no row names: what housekeeping removes."""
    with ledger.read() as s:
        keys = doomed.due(s, NOW + 1_000, 99)
        return set(keys) - doomed.named(s, keys)


def test_a_run_begins_with_the_latest_successful_one_s_and_puts_its_own_on_top(
    ledger: Ledger, flow: Flow, place: Place
) -> None:
    first = publish(ledger, place, "x", "y", scope=RUN)
    cell = publish(ledger, place, "y", node="b", deleted=("y",))
    run = begun(ledger, flow)
    assert of(ledger, flow, run) == {"x": first, "y": first}, "cells' own are not a run's"
    mine = in_run(ledger, flow, run, "x")
    assert of(ledger, flow, run) == {"x": mine}, "what the node did not publish again is gone"
    assert see(ledger, place) == {"x": first, "y": first}, "and of the flow nothing has changed"
    assert see(ledger, place, CELLS) == {"x": first, "y": cell}


def test_beginning_again_changes_nothing(ledger: Ledger, flow: Flow, place: Place) -> None:
    publish(ledger, place, "x", scope=RUN)
    run = begun(ledger, flow)
    mine = in_run(ledger, flow, run, "x")
    with ledger.write() as s:
        artifacts.begin_run(s, flow.owner_id, flow.id, run)
    assert of(ledger, flow, run) == {"x": mine}


def test_a_run_that_succeeds_replaces_what_the_flow_has(ledger: Ledger, flow: Flow, place: Place) -> None:
    publish(ledger, place, "x", "gone", scope=RUN)
    kept = publish(ledger, place, "kept", scope=RUN, node="b")
    with ledger.read() as s:
        kept_id = artifacts.find(s, place, "kept").id
    run = begun(ledger, flow)
    mine = in_run(ledger, flow, run, "x", "new")
    succeed(ledger, flow, run)
    succeed(ledger, flow, run)
    assert see(ledger, place) == {"x": mine, "new": mine, "kept": kept} == of(ledger, flow, run)
    assert objects(ledger, place) == objects(ledger, place_of_run(flow.owner_id, run)), "not one was copied"
    with ledger.read() as s:
        assert artifacts.find(s, place, "kept").id == kept_id, "readers know it by its id"


def test_a_run_that_fails_changes_nothing_of_the_flow_s(ledger: Ledger, flow: Flow, place: Place) -> None:
    first = publish(ledger, place, "x", scope=RUN)
    run = begun(ledger, flow)
    in_run(ledger, flow, run, "x", "new")
    with ledger.write() as s:
        artifacts.delete_run(s, run, LATER)
    assert see(ledger, place) == {"x": first}
    assert of(ledger, flow, run) == {}
    assert removed_for_good(ledger).isdisjoint({key for key in objects(ledger, place).values() if key})


def test_runs_side_by_side_do_not_see_each_other_and_the_last_that_succeeds_counts(
    ledger: Ledger, flow: Flow, place: Place
) -> None:
    one, two = begun(ledger, flow), begun(ledger, flow)
    first, second = in_run(ledger, flow, one, "x", "only one"), in_run(ledger, flow, two, "x")
    assert of(ledger, flow, one) == {"x": first, "only one": first}
    assert of(ledger, flow, two) == {"x": second}
    succeed(ledger, flow, one)
    assert of(ledger, flow, two) == {"x": second}
    succeed(ledger, flow, two)
    assert see(ledger, place) == {"x": second}


def test_cells_keep_their_own_on_top_unless_the_run_made_something_new_of_its_name(
    ledger: Ledger, flow: Flow, place: Place
) -> None:
    old = publish(ledger, place, "old", "hidden", "hidden and new", "hidden and over", scope=RUN)
    hidden = ("hidden", "hidden and new", "hidden and over")
    cell = publish(ledger, place, "mine", "new", "old", node="c", deleted=("old", *hidden))
    run = begun(ledger, flow)
    assert of(ledger, flow, run).keys() == {"old", *hidden}
    new = in_run(ledger, flow, run, "new", "hidden and new", node="b", deleted=("hidden and over",))
    assert new
    succeed(ledger, flow, run)
    assert see(ledger, place, CELLS) == {"mine": cell, "old": cell, "new": new, "hidden and new": new}
    assert see(ledger, place)["old"] == old
    with ledger.read() as s:
        tombs = s.query(Artifact.name).where(Artifact.gone.is_(True), Artifact.flow_key == flow.id)
        assert [name for (name,) in tombs] == ["hidden"]


def test_an_object_goes_with_the_last_row_that_names_it(ledger: Ledger, flow: Flow, place: Place) -> None:
    run = begun(ledger, flow)
    in_run(ledger, flow, run, "x")
    succeed(ledger, flow, run)
    key = objects(ledger, place)["x"]
    with ledger.write() as s:
        artifacts.delete_run(s, run, LATER)
    assert removed_for_good(ledger) == set(), "the flow has it"
    with ledger.write() as s:
        artifacts.delete(s, place, "x", LATER)
    assert removed_for_good(ledger) == {key}


def test_what_a_node_published_stands_for_it_in_another_run(ledger: Ledger, flow: Flow, place: Place) -> None:
    publish(ledger, place, "x", "old of a", scope=RUN)
    publish(ledger, place, "theirs", scope=RUN, node="b")
    one, two = begun(ledger, flow), begun(ledger, flow)
    first = in_run(ledger, flow, one, "x", "new of a")
    in_run(ledger, flow, one, "of b", node="b")
    with ledger.write() as s:
        artifacts.copy_node(s, flow.owner_id, one, two, "a", LATER)
        artifacts.copy_node(s, flow.owner_id, one, two, "a", LATER)
    with ledger.read() as s:
        assert {row.name: row.execution_id for row in artifacts.of_run(s, flow.owner_id, two, "a")} == {
            "x": first,
            "new of a": first,
        }
    assert of(ledger, flow, two).keys() == {"x", "new of a", "theirs"}
    own = names.new_execution_id(KERNEL)
    with ledger.write() as s:
        artifacts.copy_node(s, flow.owner_id, one, two, "b", LATER, own)
    assert of(ledger, flow, two) == {"x": first, "new of a": first, "of b": own}
    assert objects(ledger, place_of_run(flow.owner_id, one)) == objects(
        ledger, place_of_run(flow.owner_id, two)
    )


def test_a_kernel_brings_back_and_counts_what_flows_have_and_clears_runs_too(
    ledger: Ledger, flow: Flow, place: Place
) -> None:
    run = begun(ledger, flow)
    in_run(ledger, flow, run, "x")
    in_run(ledger, flow, run, "y", node="b")
    succeed(ledger, flow, run)
    unfinished = begun(ledger, flow)
    with ledger.read() as s:
        assert [row.name for row in artifacts.of_kernel(s, KERNEL, None, 9)[0]] == ["x", "y"]
        assert artifacts.count(s, place) == 2
    with ledger.write() as s:
        assert artifacts.clear_kernel(s, KERNEL, LATER) == 2
    for one in (run, unfinished):
        assert of(ledger, flow, one) == {}
    assert len(removed_for_good(ledger)) == 2


def test_a_deleted_kernel_s_artifacts_are_gone_from_runs_too(ledger: Ledger, flow: Flow) -> None:
    run = begun(ledger, flow)
    in_run(ledger, flow, run, "x", kernel="L" * 12)
    kept = in_run(ledger, flow, run, "y", node="b")
    with ledger.write() as s:
        artifacts.delete_kernel(s, "L" * 12)
    assert of(ledger, flow, run) == {"y": kept}


def new_output(ann: User, flow_key: str, node: str, name: str = "main", **changes: object) -> NewFlowOutput:
    values = {"execution_id": f"{KERNEL}-1", "object_key": upload(), "size": 7, "sha256": "0" * 64, "rows": 2}
    columns = [{"name": "x", "type": "Int64"}]
    fields = {**values, "columns": columns, "kernel_uid": KERNEL, **changes}
    return NewFlowOutput(ann.id, flow_key, node, name, **fields)  # type: ignore[arg-type]


def put_out(ledger: Ledger, ann: User, flow_key: str, *where: str) -> None:
    """Outputs as ``node.name``."""
    for one in where:
        node, name = one.split(".")
        with ledger.write() as s:
            outputs.write(s, [new_output(ann, flow_key, node, name)], NOW)


def outputs_of(ledger: Ledger, ann: User, flow_key: str) -> dict[str, str]:
    with ledger.read() as s:
        found = outputs.of_flow(s, ann.id, flow_key)
        return {f"{row.node_id}.{row.name}": row.object_key for row in found}


def test_a_run_s_outputs_are_its_own_until_it_ends_and_then_the_flow_shows_them(
    ledger: Ledger, ann: User, flow: Flow
) -> None:
    put_out(ledger, ann, flow.id, "a.main", "a.old", "b.main", "c.main")
    before = outputs_of(ledger, ann, flow.id)
    run = begun(ledger, flow)
    put_out(ledger, ann, run_key(run), "a.main", "a.new", "b.main")
    assert outputs_of(ledger, ann, flow.id) == before
    for _ in range(2):
        with ledger.write() as s:
            outputs.expose_run(s, ann.id, flow.id, run, ["a", "x"], LATER)
    mine = outputs_of(ledger, ann, run_key(run))
    assert mine.keys() == {"a.main", "a.new", "b.main"}
    kept = {name: before[name] for name in ("b.main", "c.main")}
    assert outputs_of(ledger, ann, flow.id) == {"a.main": mine["a.main"], "a.new": mine["a.new"], **kept}
    assert removed_for_good(ledger) == {before["a.main"], before["a.old"]}
    with ledger.write() as s:
        outputs.delete_run(s, run, LATER)
    assert outputs_of(ledger, ann, run_key(run)) == {}
    assert removed_for_good(ledger) == {before["a.main"], before["a.old"], mine["b.main"]}


def test_outputs_of_many_nodes_are_shown(ledger: Ledger, ann: User, flow: Flow) -> None:
    run = begun(ledger, flow)
    nodes = [f"n{number}" for number in range(1_200)]
    with ledger.write() as s:
        outputs.write(s, [new_output(ann, run_key(run), node) for node in nodes], NOW)
        outputs.expose_run(s, ann.id, flow.id, run, nodes, LATER)
    assert len(outputs_of(ledger, ann, flow.id)) == 1_200


def test_a_node_s_outputs_stand_for_it_in_another_run(ledger: Ledger, ann: User, flow: Flow) -> None:
    one, two = begun(ledger, flow), begun(ledger, flow)
    put_out(ledger, ann, run_key(one), "a.main", "a.more", "b.main")
    put_out(ledger, ann, run_key(two), "a.half done")
    with ledger.write() as s:
        outputs.copy_node(s, ann.id, one, two, "a", LATER)
    theirs = outputs_of(ledger, ann, run_key(one))
    assert outputs_of(ledger, ann, run_key(two)) == {n: theirs[n] for n in ("a.main", "a.more")}
    with ledger.write() as s:
        outputs.delete_run(s, one, LATER)
    assert theirs["a.main"] not in removed_for_good(ledger)


def test_a_preview_goes_where_its_output_goes_and_no_list_loads_it(
    ledger: Ledger, ann: User, flow: Flow
) -> None:
    one, two = begun(ledger, flow), begun(ledger, flow)
    preview = {"kind": "frame", "head": [["<b>"]]}
    with ledger.write() as s:
        outputs.write(s, [new_output(ann, run_key(one), "a", preview=preview)], NOW)
        outputs.copy_node(s, ann.id, one, two, "a", LATER)
        outputs.pass_through(s, ann.id, two, "b", ("a", "main"), f"{KERNEL}-2", LATER)
        outputs.expose_run(s, ann.id, flow.id, two, ["a", "b"], LATER)
    places = [(run_key(one), "a"), (run_key(two), "a"), (run_key(two), "b"), (flow.id, "a"), (flow.id, "b")]
    with ledger.read() as s:
        found = [outputs.with_preview(s, ann.id, place, node, "main") for place, node in places]
        assert [row and row.preview for row in found] == [preview] * 5
        assert outputs.with_preview(s, ann.id, run_key(one), "b", "main") is None
    with ledger.read() as s, pytest.raises(InvalidRequestError):
        _ = outputs.of_flow(s, ann.id, flow.id)[0].preview
    with ledger.write() as s:
        outputs.delete_run(s, two, LATER)
        assert outputs.with_preview(s, ann.id, run_key(two), "a", "main") is None


def test_an_object_of_a_run_and_its_flow_is_promoted_once_for_both(
    ledger: Ledger, ann: User, flow: Flow
) -> None:
    run = begun(ledger, flow)
    put_out(ledger, ann, run_key(run), "a.main")
    with ledger.write() as s:
        outputs.expose_run(s, ann.id, flow.id, run, ["a"], LATER)
    with ledger.write() as s:
        (row,) = outputs.unpromoted(s, 9)
        assert run_of(row.flow_key) == run
        outputs.promote(s, row.object_key, "r/there", LATER)
        assert outputs.unpromoted(s, 9) == []
    assert set(outputs_of(ledger, ann, flow.id).values()) == {"r/there"}
    assert set(outputs_of(ledger, ann, run_key(run)).values()) == {"r/there"}


def test_a_deleted_flow_takes_its_runs_outputs_and_artifacts_along_and_gets_none_later(
    ledger: Ledger, ann: User, flow: Flow, place: Place
) -> None:
    other = add_flow(ledger, ann)
    run, foreign = begun(ledger, flow), begun(ledger, other)
    for one in (run, foreign):
        in_run(ledger, flow, one, "x")
        put_out(ledger, ann, run_key(one), "a.main")
    with ledger.write() as s:
        flows.delete(s, s.merge(flow), LATER)
    assert of(ledger, flow, run) == {} == outputs_of(ledger, ann, run_key(run))
    assert of(ledger, flow, foreign).keys() == {"x"}
    in_run(ledger, flow, run, "late")
    put_out(ledger, ann, run_key(run), "a.main")
    with ledger.write() as s:
        artifacts.finish_run(s, ann.id, flow.id, run, LATER)
        outputs.expose_run(s, ann.id, flow.id, run, ["a"], LATER)
        assert s.query(Artifact).where(Artifact.flow_key == flow.id).count() == 0
        assert s.query(FlowOutput).where(FlowOutput.flow_key == flow.id).count() == 0


def test_a_node_that_put_out_nothing_passes_on_what_it_reads_first(
    ledger: Ledger, ann: User, flow: Flow
) -> None:
    run, execution = begun(ledger, flow), names.new_execution_id(KERNEL)
    put_out(ledger, ann, run_key(run), "a.side", "c.own")
    with ledger.write() as s:
        for node in ("b", "b", "c"):
            outputs.pass_through(s, ann.id, run, node, ("a", "side"), execution, LATER)
        outputs.pass_through(s, ann.id, run, "d", ("a", "not there"), execution, LATER)
    found = outputs_of(ledger, ann, run_key(run))
    assert found.keys() == {"a.side", "b.main", "c.own"}
    assert found["b.main"] == found["a.side"]
    with ledger.read() as s:
        (row,) = outputs.of_nodes(s, ann.id, run_key(run), ["b"])
        assert (row.passed_through, row.execution_id, row.rows) == (True, execution, 2)


def test_what_a_node_had_published_before_the_run_goes_when_it_succeeds_without(
    ledger: Ledger, flow: Flow, place: Place
) -> None:
    publish(ledger, place, "x", scope=RUN)
    publish(ledger, place, "theirs", scope=RUN, node="b")
    run, execution = begun(ledger, flow), names.new_execution_id(KERNEL)
    with ledger.write() as s:
        artifacts.forget_earlier(s, flow.owner_id, run, "a", execution, LATER)
    assert of(ledger, flow, run).keys() == {"theirs"}
    assert see(ledger, place).keys() == {"x", "theirs"}
    mine = in_run(ledger, flow, run, "x")
    with ledger.write() as s:
        artifacts.forget_earlier(s, flow.owner_id, run, "a", mine, LATER)
    assert of(ledger, flow, run).keys() == {"x", "theirs"}


def test_places_are_found_by_their_index_however_many_artifacts_there_are(tmp_path: Path) -> None:
    """On SQLite, whose planner says what it would do however little there is in the tables."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'husk.db'}")
    ledger.migrate()
    ann = add_user(ledger)
    flow = add_flow(ledger, ann)
    place = Place(ann.id, flow.id)
    with ledger.read() as s:
        engine = s.get_bind()
    said: list[tuple[str, object]] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, *_more: object
    ) -> None:
        said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    publish(ledger, place, "x", scope=RUN)
    one, two = begun(ledger, flow), begun(ledger, flow)
    in_run(ledger, flow, one, "x")
    with ledger.write() as s:
        artifacts.copy_node(s, ann.id, one, two, "a", LATER)
        artifacts.forget_earlier(s, ann.id, two, "a", "e", LATER)
        artifacts.finish_run(s, ann.id, flow.id, two, LATER)
        artifacts.delete_run(s, one, LATER)
    see(ledger, place, CELLS)
    event.remove(engine, "before_cursor_execute", note)
    plans: list[str] = []
    with ledger.read() as s:
        for statement, parameters in said:
            if "artifacts" in statement and "WHERE" in statement:
                explained = s.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
                plans += [f"{row[3]} of {statement}" for row in explained]
    ledger.dispose()
    assert len(plans) > 10
    assert [plan for plan in plans if plan.startswith("SCAN artifacts") and "USING INDEX" not in plan] == []
