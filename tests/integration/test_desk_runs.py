"""What the desk answers nodes of runs: both databases, a real store."""

from __future__ import annotations

from typing import Any

from broker_config.wire import flows as wire
from broker_config.wire.names import new_uid
from tasks import flow_documents
from tasks.ledger import artifacts, catalog, flows, outputs
from tasks.ledger.models import CatalogRead, Run
from tasks.ledger.places import run_key
from tests.integration.desk_world import DeskWorld, fetched, refused, world
from tests.integration.flow_rows import document
from tests.integration.ledger_rows import NOW

__all__ = ["world"]


def begun(world: DeskWorld, version: int = 1) -> str:
    """A run of that version of the flow; its id."""
    run_id = new_uid()
    with world.services.ledger.write() as s:
        fields: Any = {"parameters": {"year": 2013}, "options": {}, "kernels": {}, "created_at": NOW}
        run = Run(id=run_id, owner_id=world.owner.id, flow_id=world.flow.id, flow_version=version, **fields)
        run.state, run.trigger = "running", "manual"
        s.add(run)
        s.flush()
        artifacts.begin_run(s, world.owner.id, world.flow.id, run_id)
    return run_id


def node(world: DeskWorld, run_id: str, node_id: str = "a", **cell: Any) -> str:
    """A running execution of a node of that run."""
    return world.execution(node_id, run_id=run_id, attempt=1, parameters={"year": 2013}, **cell)


def put_out(world: DeskWorld, run_id: str) -> dict[str, str]:
    """Objects of a run's outputs, as ``node.name``."""
    with world.services.ledger.read() as s:
        rows = outputs.of_flow(s, world.owner.id, run_key(run_id))
    return {f"{row.node_id}.{row.name}": row.object_key for row in rows}


def names_of(world: DeskWorld, run_id: str) -> dict[str, str]:
    with world.services.ledger.read() as s:
        return {row.name: row.node_id for row in artifacts.of_run(s, world.owner.id, run_id)}


def test_nodes_of_a_run_read_what_nodes_of_the_same_run_put_out(world: DeskWorld) -> None:
    one, two = begun(world), begun(world)
    for run, data in ((one, b"one"), (two, b"two")):
        execution = node(world, run)
        world.finalize(execution, outputs=[world.output(execution[:12], data=data)])
    for run, data in ((one, b"one"), (two, b"two")):
        (table,) = world.view(node(world, run, "b", kernel=1)).tables
        assert fetched(table.url) == (200, data)
    assert world.outputs() == {}, "and the flow has none of it"
    assert world.view(world.execution("b")).not_run == {"node_a": "Node a"}


def test_a_run_is_of_its_version_whatever_was_saved_since(world: DeskWorld) -> None:
    run = begun(world)
    with world.services.ledger.write() as s:
        flows.save(s, world.owner, world.flow, "F", flow_documents.validate(document("xyb", "xb")), 1, NOW)
    assert world.view(node(world, run, "b")).inputs == ["node_a"]
    assert world.view(node(world, begun(world, 2), "b")).inputs == ["node_x"]
    assert world.view(world.execution("b")).inputs == ["node_x"]
    gone = world.view(node(world, begun(world, 2), "a"))
    assert (gone.saved, gone.in_flow) == (True, False)


def test_artifacts_of_a_run_are_its_own_from_what_the_flow_had(world: DeskWorld) -> None:
    world.publish(world.execution("a"), "old", "x")
    world.publish(world.execution("d", interactive=True), "of cells")
    one, two = begun(world), begun(world)
    world.publish(node(world, one), "x", "new")
    assert {a.name for a in world.view(node(world, one, "b")).artifacts} == {"x", "new"}
    assert {a.name for a in world.view(node(world, two, "b")).artifacts} == {"x", "old"}
    assert world.artifacts().keys() == {"x", "old"}
    theirs = world.view(node(world, one, "b")).artifacts[0]
    answer = world.ask(node(world, two, "b"), wire.SignArtifact, id=theirs.id)
    assert refused(answer, "KeyError"), "another run's is not read by its id"
    assert world.ask(node(world, one, "b"), wire.SignArtifact, id=theirs.id)["url"]


def test_a_node_of_a_run_that_failed_leaves_the_run_as_it_was(world: DeskWorld) -> None:
    run = begun(world)
    world.publish(node(world, run), "x")
    execution = node(world, run)
    world.stage(execution, "y")
    world.finalize(execution, succeeded=False)
    assert names_of(world, run) == {"x": "a"}


def test_a_name_of_another_node_stays_that_nodes_in_a_run(world: DeskWorld) -> None:
    run = begun(world)
    world.publish(node(world, run), "x")
    execution = node(world, run, "d")
    world.stage(execution, "x")
    answer = world.finalize(execution, published=["x"])
    assert refused(answer, "ValueError")
    assert "belongs to the node 'Node a'" in answer.message
    assert world.publish(node(world, run, "b"), "x", deleted=["x"])
    assert names_of(world, run) == {"x": "b"}


def test_a_run_passes_inputs_on_and_asks_for_declared_outputs(world: DeskWorld) -> None:
    content = flow_documents.validate(document("abc", "ab", "bc", c={"outputs": ["result"]}))
    with world.services.ledger.write() as s:
        flows.save(s, world.owner, world.flow, "F", content, 1, NOW)
    run = begun(world, 2)
    first = node(world, run)
    world.finalize(first, outputs=[world.output(first[:12])])
    assert world.finalize(node(world, run, "b"))["passed_through"]
    assert put_out(world, run)["b.main"] == put_out(world, run)["a.main"]
    answer = world.finalize(node(world, run, "c"))
    assert refused(answer, "ValueError")
    assert "has to publish 'result'" in answer.message


def test_runs_publish_to_the_catalog_with_their_version_and_their_reads_are_the_flows(
    world: DeskWorld,
) -> None:
    run = begun(world)
    execution = node(world, run)
    prepared = world.ask(execution, wire.PrepareGlobal, name="m", namespace="default")
    assert prepared["why"] == ""
    stored = world.new(execution[:12], "m")
    given = {key: stored[key] for key in ("type_name", "module", "format", "meta", "preview", "object")}
    more = {"ticket": prepared["ticket"], "description": None, "tags": [], "inputs": []}
    assert world.ask(execution, wire.FinalizeGlobal, **given, **more)["version"] == 1
    world.ask(node(world, run, "b"), wire.FindGlobal, name="m", namespace="default", version=None)
    with world.services.ledger.read() as s:
        row = catalog.get(s, prepared["ticket"])
        assert row is not None
        assert (row.flow_id, row.flow_version, row.node_id) == (world.flow.id, 1, "a")
        reads = s.query(CatalogRead).all()
        assert [(one.flow_key, one.node_id) for one in reads] == [(world.flow.id, "b")]


def test_a_run_of_a_flow_that_is_deleted_is_of_no_saved_flow(world: DeskWorld) -> None:
    run = begun(world)
    execution = node(world, run)
    with world.services.ledger.write() as s:
        flows.delete(s, s.merge(world.flow), NOW)
    assert not world.view(execution).saved
    answer = world.finalize(execution, outputs=[world.output(execution[:12])])
    assert refused(answer, "ValueError")
    assert put_out(world, run) == {}


def test_cells_get_the_defaults_of_the_newest_version_and_runs_are_told_by_their_message(
    world: DeskWorld,
) -> None:
    content = document()
    content["parameters"] = {
        "day": {"type": "date", "default": "2013-12-31"},
        "n": 3,
        "must": {"type": "string"},
    }
    with world.services.ledger.write() as s:
        flows.save(s, world.owner, world.flow, "F", flow_documents.validate(content), 1, NOW)
    defaults = {"day": {"date": "2013-12-31"}, "n": 3}
    assert world.view(world.execution("a", interactive=True)).parameters == defaults
    assert world.view(world.execution("a")).parameters == defaults
    assert world.view(node(world, begun(world, 2))).parameters == {}
    assert world.view(world.execution("a", flow="")).parameters == {}
