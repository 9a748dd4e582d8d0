"""What the desk answers about inputs, outputs and local artifacts: both databases, a real store."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import text

from broker_config.wire import flows as wire
from broker_config.wire.codec import plain
from broker_config.wire.states import ExecutionState
from tasks import flow_documents
from tasks.ledger import artifacts, doomed, executions, flows, kernels, outputs
from tasks.ledger.endings import Output
from tests.integration.desk_world import DeskWorld, fetched, refused, world
from tests.integration.flow_rows import document, upload
from tests.integration.ledger_rows import NOW, add_kernel, add_user, at_once, end_with
from tests.integration.weed import read

__all__ = ["world"]


# Views ------------------------------------------------------------------------------------------


def test_outside_a_saved_flow_there_are_no_inputs(world: DeskWorld) -> None:
    for flow in ("", "never saved"):
        view = world.view(world.execution(flow=flow.replace(" ", "-")))
        assert (view.saved, view.in_flow, view.inputs, view.tables) == (False, False, [], [])
    view = world.view(world.execution(node="not there"))
    assert (view.saved, view.in_flow, view.inputs) == (True, False, [])


def test_a_flow_of_somebody_else_is_not_saved_for_this_kernel(world: DeskWorld) -> None:
    bob = add_user(world.services.ledger, "bob")
    world.kernels.append(add_kernel(world.services.ledger, bob))
    assert not world.view(world.execution(kernel=-1)).saved


def test_an_input_is_read_by_its_url_once_its_node_has_run(world: DeskWorld) -> None:
    before = world.view(world.execution("b"))
    assert (before.saved, before.in_flow) == (True, True)
    assert (before.inputs, before.not_run, before.tables) == (["node_a"], {"node_a": "Node a"}, [])
    run = world.execution("a")
    world.finalize(run, outputs=[world.output(run[:12], data=b"rows")])
    after = world.view(world.execution("b", kernel=1))
    (table,) = after.tables
    assert (after.not_run, table.input, table.node_id, table.rows) == ({}, "node_a", "a", 2)
    assert table.columns == [wire.Column("x", "Int64")]
    assert fetched(table.url) == (200, b"rows")
    assert table.expires_at > NOW


def test_inputs_come_in_the_order_of_connections_and_only_what_has_not_run_is_missing(
    world: DeskWorld,
) -> None:
    content = document("abc")
    content["connections"] = [
        {"from": "b", "output": "side", "to": "c", "input": "x"},
        {"from": "a", "output": "main", "to": "c", "input": None},
        {"from": "b", "output": "main", "to": "c", "input": "x"},
    ]
    with world.services.ledger.write() as s:
        flows.save(s, world.owner, world.flow, "F", flow_documents.validate(content), 1, NOW)
    run = world.execution("b")
    world.finalize(run, outputs=[world.output(run[:12], "main", b"1"), world.output(run[:12], "side", b"2")])
    view = world.view(world.execution("c"))
    assert (view.inputs, view.not_run) == (["x", "node_a"], {"node_a": "Node a"})
    assert [(one.input, one.output, fetched(one.url)[1]) for one in view.tables] == [
        ("x", "side", b"2"),
        ("x", "main", b"1"),
    ]


def test_a_node_that_ran_and_published_under_another_name_is_said_to_have(world: DeskWorld) -> None:
    run = world.execution("a")
    world.finalize(run, outputs=[world.output(run[:12], "side")])
    assert world.view(world.execution("b")).not_run == {
        "node_a": "Node a ran and published 'side', not 'main'"
    }


@pytest.mark.parametrize("interactive", [True, False])
def test_a_node_that_ran_and_published_nothing_is_said_to_have_run(
    world: DeskWorld, interactive: bool
) -> None:
    run = world.execution("a", interactive=interactive)
    assert world.view(world.execution("b")).not_run == {"node_a": "Node a"}
    world.finalize(run)
    end_with(world.services.ledger, run, Output())
    assert world.view(world.execution("b")).not_run == {"node_a": "Node a ran and published no output 'main'"}


def test_a_damaged_output_is_said_to_be_that(world: DeskWorld) -> None:
    run = world.execution("a")
    world.finalize(run, outputs=[world.output(run[:12])])
    with world.services.ledger.write() as s:
        outputs.mark_damaged(s, world.outputs()["a.main"].object_key)
    view = world.view(world.execution("b"))
    assert view.tables == []
    assert "damaged" in view.not_run["node_a"]


def test_artifacts_say_whether_their_node_is_upstream_and_whether_their_kernel_keeps_them(
    world: DeskWorld,
) -> None:
    with world.services.ledger.write() as s:
        kernels.update(s, kernels.get(s, world.kernels[1].uid), persistence=False)  # type: ignore[arg-type]
    for node, kernel in (("a", 0), ("b", 1), ("c", 0), ("d", 0)):
        world.publish(world.execution(node, kernel), f"of {node}")
    seen = {one.name: one for one in world.view(world.execution("b", 1)).artifacts}
    assert {name: one.upstream for name, one in seen.items()} == {
        "of a": True,
        "of b": True,
        "of c": False,
        "of d": False,
    }
    assert (seen["of a"].node_name, seen["of a"].meta, seen["of a"].size) == ("Node a", {"n": 1}, 3)
    assert (seen["of a"].persisted, seen["of b"].persisted) == (True, False)
    without = world.view(world.execution(None)).artifacts
    assert all(one.upstream for one in without)


def test_cells_see_what_runs_do_not(world: DeskWorld) -> None:
    world.publish(world.execution("a"), "x")
    world.publish(world.execution("a", interactive=True), "own", deleted=["x"])
    assert [one.name for one in world.view(world.execution("b", interactive=True)).artifacts] == ["own"]
    assert [one.name for one in world.view(world.execution("b")).artifacts] == ["x"]


# Staging ----------------------------------------------------------------------------------------


def test_what_the_store_has_otherwise_than_said_is_not_staged(world: DeskWorld) -> None:
    run = world.execution()
    uid = run[:12]
    whole = plain(world.stored(uid, b"abc"))
    other = plain(world.stored(uid, b"abd"))
    for wrong, words in (
        ({**whole, "key": upload(uid)}, "no such object"),
        ({**whole, "size": 4}, "3 bytes"),
        ({**whole, "sha256": other["sha256"], "checksum": other["checksum"]}, "another checksum"),
        ({**whole, "checksum": f"{whole['sha256']}-2"}, "another checksum"),
    ):
        good = world.new(uid, "good")
        answer = world.ask(run, wire.StageArtifacts, artifacts=[good, world.new(uid, "x", object=wrong)])
        refused(answer, "StorageUnavailable", words)
    with world.services.ledger.read() as s:
        assert artifacts.staged_of(s, run) == []


@pytest.mark.parametrize(
    ("changes", "type"),
    [
        ({"name": "a/b"}, "ValueError"),
        ({"name": ""}, "ValueError"),
        ({"name": "x" * 201}, "ValueError"),
        ({"name": "x\0"}, "ValueError"),
        ({"type_name": "x\n"}, "ValueError"),
        ({"format": "pickle"}, "RuntimeError"),
        ({"meta": {"x": "y" * 20_000}}, "RuntimeError"),
        ({"object": {"key": "k/OTHEROTHEROT/u/12345678"}}, "RuntimeError"),
        ({"object": {"key": "k/{uid}/u/../../x"}}, "RuntimeError"),
        ({"object": {"key": "k/{uid}/v/12345678"}}, "RuntimeError"),
        ({"object": {"key": "u/1/files/12345678"}}, "RuntimeError"),
        ({"object": {"size": -1}}, "RuntimeError"),
        ({"object": {"size": 2**62}}, "RuntimeError"),
        ({"object": {"sha256": "x" * 64}}, "RuntimeError"),
        ({"object": {"checksum": "0" * 64}}, "RuntimeError"),
        ({"object": {"checksum": ""}}, "RuntimeError"),
    ],
)
def test_what_a_kernel_of_ours_does_not_say_is_refused(
    world: DeskWorld, changes: dict[str, Any], type: str
) -> None:
    run = world.execution()
    uid = run[:12]
    one = world.new(uid, "x")
    for name, value in changes.items():
        one[name] = {**one[name], **value} if name == "object" else value
    one["object"]["key"] = one["object"]["key"].replace("{uid}", uid)
    refused(world.ask(run, wire.StageArtifacts, artifacts=[one]), type)


def test_a_preview_that_is_too_large_is_left_out(world: DeskWorld) -> None:
    run = world.execution()
    one = world.new(run[:12], "x", preview={"text": "y" * (wire.LARGEST_PREVIEW_BYTES + 1)})
    assert world.ask(run, wire.StageArtifacts, artifacts=[one]) == {}
    world.finalize(run, published=["x"])
    with world.services.ledger.read() as s:
        assert artifacts.find(s, artifacts.Place(world.owner.id, world.flow.id), "x").preview is None


def test_an_output_s_preview_is_kept_where_it_is_one_and_the_output_counts_anyway(world: DeskWorld) -> None:
    run = world.execution()
    column = {"name": "<b>x</b>", "type": "Int64", "nulls": 0, "min": 1, "max": 2}
    good = {"type": "t", "kind": "frame", "rows": 2, "columns_total": 1, "columns": [column], "head": [[1]]}
    lies = [
        {"kind": "frame"},
        {**good, "head": [[{"deep": []}]]},
        {**good, "note": "x" * 70_000},
        {"html": "<b>"},
    ]
    given = {"main": good, **{f"lie{n}": lie for n, lie in enumerate(lies)}, "none": None}
    outputs = [{**world.output(run[:12], name), "preview": preview} for name, preview in given.items()]
    assert world.finalize(run, outputs=outputs) == {"passed_through": False}
    kept = {name: world.preview("a", name) for name in given}
    assert kept.pop("main")["head"] == [[1]]
    assert set(kept.values()) == {None}
    node = world.execution("b")
    assert world.finalize(node) == {"passed_through": True}
    assert world.preview("b", "main") == world.preview("a", "main")


def test_more_than_a_hundred_or_one_name_twice_at_a_time_are_refused(world: DeskWorld) -> None:
    run = world.execution()
    one = world.new(run[:12], "x")
    many = [{**one, "name": f"n{n}"} for n in range(wire.MOST_STAGED + 1)]
    refused(world.ask(run, wire.StageArtifacts, artifacts=many), "RuntimeError", "100")
    refused(world.ask(run, wire.StageArtifacts, artifacts=[one, one]), "RuntimeError", "twice")


def test_an_execution_cannot_stage_without_end(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.flow_desk.staging.MOST_NAMES", 3)
    run = world.execution()
    world.stage(run, "a", "b", "c")
    world.stage(run, "c")
    refused(world.ask(run, wire.StageArtifacts, artifacts=[world.new(run[:12], "d")]), "RuntimeError", "3")
    with world.services.ledger.read() as s:
        assert artifacts.staged_count(s, run) == 3


# Finalizing -------------------------------------------------------------------------------------


def test_what_was_staged_becomes_visible_at_once_and_once(world: DeskWorld) -> None:
    run = world.execution()
    world.stage(run, "x", "y")
    assert world.artifacts() == {}
    first = [world.output(run[:12])]
    assert world.finalize(run, outputs=first, published=["x"]) == {"passed_through": False}
    assert world.artifacts().keys() == {"x"}
    key = world.outputs()["a.main"].object_key
    for args in ({"outputs": first, "published": ["x"]}, {"outputs": [], "published": ["z"]}):
        assert world.finalize(run, **args) == {"passed_through": False}
    assert world.artifacts().keys() == {"x"}
    assert world.outputs()["a.main"].object_key == key
    with world.services.ledger.read() as s:
        assert artifacts.staged_of(s, run) == []


def test_a_run_that_failed_leaves_all_as_it_was(world: DeskWorld) -> None:
    first = world.execution()
    world.publish(first, "x", outputs=[world.output(first[:12])])
    second = world.execution()
    world.stage(second, "x", "y")
    output = world.output(second[:12])
    world.finalize(second, succeeded=False, outputs=[output], published=["x", "y"])
    assert {one.execution_id for one in world.artifacts().values()} == {first}
    assert world.outputs()["a.main"].execution_id == first
    with world.services.ledger.read() as s:
        assert output["object"]["key"] in doomed.due(s, 2**40, 99)
        assert artifacts.staged_of(s, second) == []


def test_a_cell_that_failed_has_published_its_artifacts_and_no_output(world: DeskWorld) -> None:
    cell = world.execution(interactive=True)
    world.publish(cell, "x", succeeded=False, outputs=[world.output(cell[:12])])
    assert world.artifacts(artifacts.CELLS).keys() == {"x"}
    assert world.outputs() == {}


def test_a_name_of_another_node_is_refused_with_its_owner_and_nothing_changes(world: DeskWorld) -> None:
    world.publish(world.execution("a"), "x")
    for interactive in (False, True):
        late = world.execution("b", kernel=1, interactive=interactive)
        world.stage(late, "x", "new")
        answer = world.finalize(late, published=["x", "new"], outputs=[world.output(late[:12])])
        refused(answer, "ValueError", "'x' belongs to the node 'Node a'")
        assert world.artifacts(artifacts.CELLS).keys() == {"x"}
        assert world.outputs() == {}
        assert world.finalize(late, published=["x"], deleted=["x"]) == {"passed_through": False}
        owner = world.artifacts(artifacts.CELLS if interactive else artifacts.RUN)["x"].node_id
        assert owner == "b"
        world.publish(world.execution("a"), "x", deleted=["x"])


def test_what_was_not_staged_cannot_be_published(world: DeskWorld) -> None:
    run = world.execution()
    refused(world.finalize(run, published=["x"]), "RuntimeError", "'x' was not staged")


def test_a_declared_output_that_is_missing_is_named_and_nothing_changes(world: DeskWorld) -> None:
    content = document("ab", "ab", a={"outputs": ["main", "side"]})
    with world.services.ledger.write() as s:
        flows.save(s, world.owner, world.flow, "F", content, 1, NOW)
    run = world.execution()
    assert world.view(run).declared == ["main", "side"]
    world.stage(run, "x")
    answer = world.finalize(run, published=["x"], outputs=[world.output(run[:12], "main")])
    refused(answer, "ValueError", "has to publish 'main', 'side'; it published 'main'")
    assert world.artifacts() == world.outputs() == {}
    refused(world.finalize(world.execution()), "ValueError", "it published nothing")
    cell = world.execution(interactive=True)
    world.finalize(cell, outputs=[world.output(cell[:12], "main")])
    assert world.outputs().keys() == {"a.main"}


def test_a_node_that_publishes_nothing_passes_its_first_input_through(world: DeskWorld) -> None:
    assert world.finalize(world.execution("b")) == {"passed_through": False}
    run = world.execution("a")
    world.finalize(run, outputs=[world.output(run[:12])])
    assert world.finalize(world.execution("b", interactive=True)) == {"passed_through": False}
    assert world.finalize(world.execution("b")) == {"passed_through": True}
    rows = world.outputs()
    assert rows["b.main"].passed_through
    assert rows["b.main"].object_key == rows["a.main"].object_key
    assert fetched(world.view(world.execution("c")).tables[0].url) == (200, b"table")
    again = world.execution("b")
    world.finalize(again, outputs=[world.output(again[:12], "own")])
    assert world.outputs().keys() == {"a.main", "b.own"}


def test_a_cell_replaces_the_output_it_names_and_a_run_all(world: DeskWorld) -> None:
    for interactive, name in ((True, "one"), (True, "two"), (True, "one")):
        cell = world.execution(interactive=interactive)
        world.finalize(cell, outputs=[world.output(cell[:12], name)])
    assert world.outputs().keys() == {"a.one", "a.two"}
    run = world.execution()
    world.finalize(run, outputs=[world.output(run[:12], "three")])
    assert world.outputs().keys() == {"a.three"}


def test_outputs_of_a_flow_that_is_not_saved_any_more_are_refused(world: DeskWorld) -> None:
    run = world.execution()
    world.stage(run, "x")
    with world.services.ledger.write() as s:
        flows.delete(s, world.flow, NOW)
    refused(world.finalize(run, outputs=[world.output(run[:12])]), "ValueError", "not saved")
    assert world.outputs() == {}


def test_an_output_whose_object_is_not_as_said_is_refused(world: DeskWorld) -> None:
    run = world.execution()
    one = world.output(run[:12])
    for wrong in ({"key": upload(run[:12])}, {"size": 1}):
        bad = {**one, "object": {**one["object"], **wrong}}
        refused(world.finalize(run, outputs=[one | {"name": "ok"}, bad]), "StorageUnavailable")
    refused(world.finalize(run, outputs=[one, one]), "RuntimeError", "twice")
    assert world.outputs() == {}


def test_executions_of_one_flow_that_end_at_once_all_become_visible(world: DeskWorld) -> None:
    runs = [
        world.execution("abcd"[n % 4], kernel=n % 4, interactive=n % 3 == 0, code=str(n)) for n in range(16)
    ]
    for n, run in enumerate(runs):
        world.stage(run, f"of {'abcd'[n % 4]}", f"own {n}")
    outputs = [world.output(run[:12], data=run.encode()) for run in runs]

    def end(n: int) -> Any:
        names = [f"of {'abcd'[n % 4]}", f"own {n}"]
        return world.finalize(runs[n], published=names, outputs=[outputs[n]])

    assert at_once(16, end) == [{"passed_through": False}] * 16
    assert world.outputs().keys() == {"a.main", "b.main", "c.main", "d.main"}
    cells = world.artifacts(artifacts.CELLS)
    assert {name: row.node_id for name, row in cells.items() if name.startswith("of")} == {
        f"of {node}": node for node in "abcd"
    }
    # Of runs of one node the last one's are left; of its cells all.
    kept = {name for name in cells if name.startswith("own")}
    assert {f"own {n}" for n in range(16) if n % 3 == 0} <= kept
    assert len(kept) == 6 + 4
    for row in world.outputs().values():
        assert read(world.services.store, row.object_key) == row.execution_id.encode()


BROKEN = {
    "sqlite": (
        "CREATE TRIGGER broken BEFORE INSERT ON finalized BEGIN SELECT RAISE(ABORT, 'broken'); END",
        "DROP TRIGGER broken",
    ),
    "postgresql": (
        "CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$"
        " LANGUAGE plpgsql;"
        " CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON finalized DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION broken()",
        "DROP TRIGGER broken ON finalized",
    ),
}


def test_a_commit_that_fails_after_the_upload_leaves_nothing_half_visible(world: DeskWorld) -> None:
    first = world.execution()
    world.publish(first, "x", "old", outputs=[world.output(first[:12])])
    run = world.execution()
    world.stage(run, "x", "new")
    output = world.output(run[:12])
    with world.services.ledger.write() as s:
        breaks, mends = BROKEN[s.get_bind().dialect.name]
        s.execute(text(breaks))
    answer = world.finalize(run, published=["x", "new"], outputs=[output])
    assert isinstance(answer, wire.Refusal)
    assert {name: one.execution_id for name, one in world.artifacts().items()} == {"x": first, "old": first}
    assert world.outputs()["a.main"].execution_id == first
    with world.services.ledger.write() as s:
        s.execute(text(mends))
    assert world.finalize(run, published=["x", "new"], outputs=[output]) == {"passed_through": False}
    assert {name: one.execution_id for name, one in world.artifacts().items()} == {"x": run, "new": run}
    assert world.outputs()["a.main"].execution_id == run


# Who may ask ------------------------------------------------------------------------------------


def test_an_execution_that_has_ended_or_is_another_kernels_gets_nothing(world: DeskWorld) -> None:
    run, other = world.execution(), world.execution(kernel=1)
    world.stage(run, "x")
    ended = world.execution()
    with world.services.ledger.write() as s:
        executions.end(s, ended, ExecutionState.LOST, NOW)
    for uid, execution_id in (
        (run[:12], other),
        (run[:12], ended),
        (run[:12], ""),
        (run[:12], f"{run[:12]}-1"),
        (run[:12], run[:-1] + ("0" if run[-1] != "0" else "1")),
    ):
        refused(world.answer(uid, wire.ViewFlow, execution_id=execution_id), "RuntimeError")
        refused(
            world.answer(
                uid,
                wire.Finalize,
                execution_id=execution_id,
                succeeded=True,
                outputs=[],
                published=["x"],
                deleted=[],
            ),
            "RuntimeError",
        )
    assert world.artifacts() == {}


def test_a_url_of_an_artifact_is_given_within_its_flow_alone(world: DeskWorld) -> None:
    world.publish(world.execution(), "x")
    (one,) = world.view(world.execution("b")).artifacts
    answer = world.ask(world.execution("b", kernel=1), wire.SignArtifact, id=one.id)
    assert fetched(answer["url"]) == (200, b"abc")
    staged = world.execution()
    world.stage(staged, "y")
    with world.services.ledger.read() as s:
        hidden = artifacts.staged_of(s, staged)[0].id
    for execution_id, artifact_id in (
        (world.execution(flow=""), one.id),
        (world.execution(flow="other"), one.id),
        (world.execution(), one.id + 999),
        (world.execution(), hidden),
        (world.execution(), -1),
    ):
        refused(world.ask(execution_id, wire.SignArtifact, id=artifact_id), "KeyError")


def test_urls_of_others_of_the_flow_come_along(world: DeskWorld) -> None:
    world.publish(world.execution(), "x", "y", "z")
    world.publish(world.execution(flow="other"), "hidden")
    (hidden,) = world.view(world.execution(flow="other")).artifacts
    x, y, z = world.view(world.execution("b")).artifacts
    answer = world.ask(
        world.execution("b"), wire.SignArtifact, id=x.id, also=[y.id, z.id, hidden.id, hidden.id + 999]
    )
    assert set(answer["also"]) == {str(y.id), str(z.id)}
    assert all(fetched(url) == (200, b"abc") for url in answer["also"].values())
    assert world.ask(world.execution("b"), wire.SignArtifact, id=x.id)["also"] == {}


def test_a_url_shows_nothing_but_its_object(world: DeskWorld) -> None:
    world.publish(world.execution(), "x", "y")
    one, two = world.view(world.execution("b")).artifacts
    execution_id = world.execution()
    first, second = (world.ask(execution_id, wire.SignArtifact, id=a.id)["url"] for a in (one, two))
    path, query = first.split("?")[0], second.split("?")[1]
    assert fetched(f"{path}?{query}")[0] == 403
    assert fetched(path)[0] == 403


def test_damage_is_noted_by_who_may_read_it(world: DeskWorld) -> None:
    world.publish(world.execution(), "x")
    (one,) = world.view(world.execution("b")).artifacts
    args = {"what": "artifact", "id": one.id, "found_sha256": "0" * 64}
    refused(world.ask(world.execution(flow="other"), wire.ReportDamage, **args), "KeyError")
    refused(world.ask(world.execution(), wire.ReportDamage, **{**args, "what": "kernel"}), "RuntimeError")
    assert not world.artifacts()["x"].damaged
    assert world.ask(world.execution("b"), wire.ReportDamage, **args) == {}
    assert world.artifacts()["x"].damaged


def test_a_kernel_is_told_what_it_published_itself(world: DeskWorld) -> None:
    world.publish(world.execution("a"), "x", "y")
    world.publish(world.execution("b", kernel=1), "z")
    answer = world.answer(world.kernels[0].uid, wire.KernelArtifacts)
    assert [one["name"] for one in answer["files"]] == ["x", "y"]
    assert answer["next"] is None
    assert fetched(answer["files"][0]["url"]) == (200, b"abc")
    assert world.answer(world.kernels[2].uid, wire.KernelArtifacts) == {"files": [], "next": None}
    refused(world.answer("Z" * 12, wire.KernelArtifacts), "KeyError", "deleted")


ODD: list[Any] = [None, [], {}, "", "x" * 100_000, "a/../b", "\0", "\ud800", -1, 2**63, 1e400, True, [[]]]


def fields_of(kind: str) -> list[str]:
    return [field.name for field in dataclasses.fields(wire.REQUESTS[kind])]


@pytest.mark.parametrize("kind", sorted(wire.REQUESTS))
def test_no_arguments_of_a_kernel_end_in_anything_but_an_answer(world: DeskWorld, kind: str) -> None:
    execution_id = world.execution()
    uid = execution_id[:12]
    good: dict[str, Any] = {
        "execution_id": execution_id,
        "succeeded": True,
        "artifacts": [world.new(uid, "x")],
        "outputs": [world.output(uid)],
        "published": [],
        "deleted": [],
        "name": "n",
        "namespace": "default",
        "version": None,
        "tags": [],
        "after": None,
        "what": "global",
        "id": 1,
        "ticket": 1,
        "found_sha256": "",
        "description": None,
        "type_name": "int",
        "module": "m",
        "format": "joblib",
        "meta": {},
        "preview": None,
        "inputs": [],
        "object": plain(world.stored(uid)),
        "also": [1],
    }
    fields = {name: good[name] for name in fields_of(kind)}
    refused(world.desk.answer(uid, kind, {**fields, "more": 1}), "RuntimeError")
    refused(world.desk.answer(uid, kind, [1]), "RuntimeError")  # type: ignore[arg-type]
    for name in fields:
        for odd in ODD:
            answer = world.desk.answer(uid, kind, {**fields, name: odd})
            assert isinstance(answer, dict | wire.Refusal)
        lacking = {key: value for key, value in fields.items() if key != name}
        assert isinstance(world.desk.answer(uid, kind, lacking), dict | wire.Refusal)
