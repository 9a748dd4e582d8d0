"""Runs of flows on real kernels, on a quiet day."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from run_world import RunWorld, node, run_world

from broker_config.wire.errors import BadField, Conflict, NotFound
from broker_config.wire.states import RunState
from tasks import flow_documents, flow_runs
from tasks.flow_runs import RunRequest
from tasks.ledger import artifacts, flows, runs
from tests.integration.ledger_rows import add_kernel, add_user

TABLE = "flowfile.publish_output(pl.DataFrame({'x': range(3)}))"
DOUBLED = "flowfile.publish_output(flowfile.read_first().with_columns(pl.col('x') * 2))"
BOTH = "flowfile.publish_output(flowfile.read_input('main').sort('x'))"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunWorld]:
    with run_world(tmp_path_factory.mktemp("runs")) as world:
        world.kernel()
        world.kernel()
        yield world


@pytest.fixture(scope="module")
def one(world: RunWorld) -> str:
    """A kernel's id."""
    return next(iter(world.kernels))


@pytest.fixture(scope="module")
def two(world: RunWorld) -> str:
    """The other's."""
    return list(world.kernels)[1]


def meets(mine: Path, other: Path) -> str:
    """Code that ends only while the other one runs as well."""
    return (
        "import pathlib, time\n"
        f"pathlib.Path({str(mine)!r}).touch()\n"
        "until = time.monotonic() + 30\n"
        f"while not pathlib.Path({str(other)!r}).exists():\n"
        "    assert time.monotonic() < until\n"
        "    time.sleep(0.01)"
    )


def fails_until(path: Path, tries: int) -> str:
    """Code that fails until it was tried so often."""
    return (
        "import pathlib\n"
        f"counter = pathlib.Path({str(path)!r})\n"
        "tried = int(counter.read_text()) + 1 if counter.exists() else 1\n"
        "counter.write_text(str(tried))\n"
        f"if tried < {tries}:\n"
        "    raise ValueError(f'try {tried}')"
    )


# The record -------------------------------------------------------------------------------------


def test_branches_run_in_parallel_on_two_kernels_and_their_tables_meet(
    world: RunWorld, one: str, two: str, tmp_path: Path
) -> None:
    left, right = tmp_path / "left", tmp_path / "right"
    flow_id = world.flow(
        node("a", TABLE, one),
        node("b", f"{meets(left, right)}\n{DOUBLED}", one),
        node("c", f"{meets(right, left)}\n{DOUBLED}", two),
        node("d", f"{BOTH}\nprint(flowfile.read_input('main').collect()['x'].to_list())", two),
        edges=["a>b", "a>c", "b>d", "c>d"],
    )
    run_id = world.run(flow_id)
    assert sorted(eval(world.printed(run_id, "d"))) == [0, 0, 2, 2, 4, 4]
    rows = world.nodes(run_id)
    assert {n: row.kernel_uid for n, row in rows.items()} == dict(
        zip("abcd", [world.uid(k) for k in (one, one, two, two)], strict=True)
    )
    assert (rows["a"].rows_in, rows["a"].rows_out) == (None, 3)
    assert (rows["d"].rows_in, rows["d"].rows_out) == (6, 6)
    run = world.row(run_id)
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.created_at <= run.started_at <= run.finished_at


def test_what_a_run_put_out_is_what_the_flow_shows_after_it(world: RunWorld, one: str) -> None:
    flow_id = world.flow(
        node("a", f"{TABLE}\nflowfile.publish_artifact('model', 7)", one), node("b", "1", one), edges=["a>b"]
    )
    run_id = world.run(flow_id)
    assert world.world.outputs(flow_id).keys() == {("a", "main"), ("b", "main")}
    assert set(world.world.artifacts(flow_id)) == {"model"}
    assert set(world.world.artifacts(flow_runs.run_key(run_id))) == {"model"}


def test_parameters_reach_the_code_of_a_run(world: RunWorld, one: str) -> None:
    shown = "print(sorted((k, repr(v)) for k, v in flowfile.parameters.items()))"
    flow_id = world.flow(
        node("a", shown, one), year={"type": "integer"}, day={"type": "date", "default": "2026-01-31"}
    )
    run_id = world.run(flow_id, parameters={"year": 2013})
    assert world.row(run_id).parameters == {"year": 2013, "day": "2026-01-31"}
    assert eval(world.printed(run_id, "a"))[1] == ("year", "2013")


def test_runs_of_one_flow_side_by_side_see_nothing_of_each_other(world: RunWorld, one: str, two: str) -> None:
    makes = (
        "mine = flowfile.parameters['n']\n"
        "flowfile.publish_artifact('mine', mine)\n"
        "flowfile.publish_output(pl.DataFrame({'x': [mine]}))"
    )
    reads = "print(flowfile.read_artifact('mine'), flowfile.read_first().collect()['x'][0], {place})"
    flow_id = world.flow(
        node("a", makes, one),
        node("b", reads.format(place="mine"), one),
        node("c", reads.format(place="'mine' in globals()"), two),
        edges=["a>b", "a>c"],
        n={"type": "integer"},
    )
    made = [world.make(flow_id, parameters={"n": n}) for n in range(6)]
    assert world.until_ended(*made) == [RunState.SUCCEEDED] * 6, world.told(made[0])
    for n, run_id in enumerate(made):
        assert world.printed(run_id, "b").split() == [str(n)] * 3
        assert world.printed(run_id, "c").split() == [str(n), str(n), "False"]


def test_no_more_nodes_are_in_flight_than_the_run_allows(world: RunWorld, one: str, two: str) -> None:
    flow_id = world.flow(
        *[node(f"n{n}", "import time; time.sleep(0.05)", (one, two)[n % 2]) for n in range(6)]
    )
    run_id = world.run(flow_id, max_parallel=1)
    rows = sorted(world.executions(run_id), key=lambda row: row.started_at or 0.0)
    for before, after in itertools.pairwise(rows):
        assert (before.finished_at or 0.0) <= (after.started_at or 0.0) + 0.01


def test_only_what_the_targets_need_runs(world: RunWorld, one: str) -> None:
    nodes = [node(name, "1", one) for name in "abcd"]
    run_id = world.run(world.flow(*nodes, edges=["a>b", "b>c", "a>d"]), targets=["b"])
    assert world.states(run_id) == {"a": "succeeded", "b": "succeeded", "c": "skipped", "d": "skipped"}
    assert "asked for" in str(world.nodes(run_id)["d"].reason)


def test_a_flow_without_nodes_succeeds(world: RunWorld) -> None:
    assert world.states(world.run(world.flow())) == {}


# Failures ---------------------------------------------------------------------------------------


def test_a_failed_node_skips_what_depends_on_it_and_nothing_else(world: RunWorld, one: str) -> None:
    flow_id = world.flow(
        *(
            node("a", TABLE),
            node("bad", "x = 1\nraise ValueError('no good')"),
            node("c", "1"),
            node("d", "1"),
        ),
        node("apart", "1"),
        edges=["a>bad", "bad>c", "c>d", "a>apart"],
        kernel=one,
    )
    run_id = world.make(flow_id)
    assert world.until_ended(run_id) == [RunState.FAILED]
    assert world.states(run_id) == {
        **{"a": "succeeded", "bad": "failed", "c": "skipped", "d": "skipped"},
        "apart": "succeeded",
    }
    rows = world.nodes(run_id)
    assert rows["bad"].error == {"type": "ValueError", "message": "no good", "line": 3}
    assert "'bad'" in str(rows["c"].reason)
    assert "'bad' (failed)" in str(world.row(run_id).error)
    assert set(world.world.outputs(flow_id)) == {("a", "main"), ("apart", "main")}


def test_a_node_is_tried_again_after_longer_and_longer_waits(
    world: RunWorld, one: str, tmp_path: Path
) -> None:
    retries = {"max": 3, "delay_s": 0.2, "backoff": 2, "jitter": 0.1}
    flow_id = world.flow(
        node("a", fails_until(tmp_path / "n", 3), one, retries=retries), node("b", "1", one), edges=["a>b"]
    )
    run_id = world.run(flow_id)
    with world.services.ledger.read() as s:
        rows = runs.node_rows(s, run_id, "a")
    assert [(row.attempt, row.state) for row in rows] == [(1, "failed"), (2, "failed"), (3, "succeeded")]
    waits = [(b.started_at or 0.0) - (a.finished_at or 0.0) for a, b in itertools.pairwise(rows)]
    assert waits[0] >= 0.18
    assert waits[1] >= 0.36
    assert [row.attempt for row in world.executions(run_id) if row.node_id == "a"] == [1, 2, 3]


def test_a_node_over_its_time_is_timed_out(world: RunWorld, one: str) -> None:
    flow_id = world.flow(node("a", "import time; time.sleep(60)", one, timeout_s=0.5), node("b", "1", one))
    run_id = world.make(flow_id)
    assert world.until_ended(run_id) == [RunState.FAILED]
    assert world.states(run_id) == {"a": "timed_out", "b": "succeeded"}


def test_a_run_over_its_time_stops_and_says_so(world: RunWorld, one: str) -> None:
    flow_id = world.flow(
        node("a", "1", one),
        node("b", "import time; time.sleep(60)", one),
        node("c", "1", one),
        edges=["a>b", "b>c"],
    )
    run_id = world.make(flow_id, timeout_s=1.0)
    assert world.until_ended(run_id, timeout_s=20) == [RunState.TIMED_OUT]
    assert world.states(run_id) == {"a": "succeeded", "b": "cancelled", "c": "cancelled"}
    assert "1 s" in str(world.row(run_id).error)


def test_a_cancelled_run_interrupts_what_runs_and_begins_nothing(world: RunWorld, one: str) -> None:
    flow_id = world.flow(
        node("a", "import time; time.sleep(60)", one),
        node("b", "import time; time.sleep(60)", one),
        node("c", "1", one),
        node("d", "1", one),
        edges=["a>c"],
    )
    run_id = world.make(flow_id)
    world.until_runs(run_id, "a")
    flow_runs.cancel_run(world.services, run_id, None)
    assert world.until_ended(run_id, timeout_s=15) == [RunState.CANCELLED]
    states = world.states(run_id)
    assert states["a"] == states["b"] == states["d"] == "cancelled", world.told(run_id)
    assert states["c"] in {"cancelled", "skipped"}
    with pytest.raises(Conflict, match="has ended"):
        flow_runs.cancel_run(world.services, run_id, None)
    assert world.run(world.flow(node("a", "1", one)))


def test_a_node_that_swallows_the_interrupt_of_a_cancelled_run_is_killed(world: RunWorld, two: str) -> None:
    code = (
        "import time\nuntil = time.monotonic() + 90\nwhile time.monotonic() < until:\n"
        "    try:\n        time.sleep(1)\n    except BaseException:\n        pass"
    )
    run_id = world.make(world.flow(node("a", code, two)))
    world.until_runs(run_id, "a")
    flow_runs.cancel_run(world.services, run_id, None)
    (state,) = world.until_ended(run_id, timeout_s=40)
    assert state in {RunState.CANCELLED, RunState.FAILED}
    assert world.run(world.flow(node("a", "1", two)))


# Again ------------------------------------------------------------------------------------------


def test_what_did_not_change_is_not_run_again_and_says_why(world: RunWorld, one: str) -> None:
    nodes = (node("a", TABLE, one, cache=True), node("b", DOUBLED, one), node("c", "print(1)", one))
    flow_id = world.flow(*nodes, edges=["a>b"], n={"type": "integer", "default": 1})
    first = world.run(flow_id)
    second = world.run(flow_id)
    assert world.states(second) == {"a": "cached", "b": "cached", "c": "succeeded"}
    rows = world.nodes(second)
    assert rows["b"].cached_from == world.nodes(first)["b"].id
    assert first in str(rows["b"].reason)
    assert (rows["b"].rows_in, rows["b"].rows_out) == (3, 3)
    assert world.tables(second) == world.tables(first)
    assert world.head(second, "b") == world.head(first, "b") == [[0], [2], [4]]
    third = world.run(flow_id)
    assert world.nodes(third)["b"].cached_from == world.nodes(first)["b"].id
    assert set(world.states(world.run(flow_id, cache=False)).values()) == {"succeeded"}
    assert set(world.states(world.run(flow_id, parameters={"n": 2})).values()) == {"succeeded"}
    assert set(world.states(world.again_ended("rerun", first)).values()) == {"succeeded"}


def test_a_node_that_was_only_moved_on_the_canvas_is_not_run_again(world: RunWorld, one: str) -> None:
    nodes = (node("a", TABLE, one, cache=True), node("b", DOUBLED, one))
    flow_id = world.flow(*nodes, edges=["a>b"])
    first = world.run(flow_id)
    with world.services.ledger.write() as s:
        row = flows.visible(s, world.world.owner, flow_id)
        moved = {**flows.newest(s, row).document}
        moved["nodes"] = [{**each, "position": {"x": 5, "y": -7}} for each in moved["nodes"]]
        flows.save(s, world.world.owner, row, row.name, flow_documents.validate(moved), 1, time.time())
    second = world.run(flow_id)
    assert world.states(second) == {"a": "cached", "b": "cached"}
    assert world.tables(second) == world.tables(first)


def test_a_consumer_that_deleted_an_artifact_makes_its_producer_run_again(world: RunWorld, one: str) -> None:
    makes = "flowfile.publish_artifact('m', 1)\n" + TABLE
    deletes = "print(flowfile.read_artifact('m'))\nflowfile.delete_artifact('m')"
    flow_id = world.flow(node("a", makes, one, cache=True), node("b", deletes, one), edges=["a>b"])
    world.run(flow_id)
    second = world.run(flow_id)
    assert world.states(second) == {"a": "succeeded", "b": "succeeded"}
    assert world.printed(second, "b") == "1\n"


def test_a_node_that_wrote_elsewhere_runs_each_time(world: RunWorld, one: str) -> None:
    writes = "flowfile.publish_global('there', 1)\nflowfile.publish_output(flowfile.read_first())"
    flow_id = world.flow(
        node("a", TABLE, one, cache=True),
        node("b", writes, one),
        node("c", DOUBLED, one),
        edges=["a>b", "b>c"],
    )
    world.run(flow_id)
    assert world.states(world.run(flow_id)) == {"a": "cached", "b": "succeeded", "c": "cached"}


def test_a_failed_run_is_resumed_to_the_same_tables(world: RunWorld, one: str, tmp_path: Path) -> None:
    once = f"{fails_until(tmp_path / 'n', 2)}\n{DOUBLED}"
    flow_id = world.flow(
        *(node("a", TABLE), node("b", DOUBLED), node("c", once), node("d", DOUBLED), node("e", DOUBLED)),
        edges=["a>b", "b>c", "c>d", "b>e"],
        kernel=one,
    )
    failed = world.make(flow_id, cache=False)
    assert world.until_ended(failed) == [RunState.FAILED]
    resumed = world.again_ended("resume", failed)
    assert world.row(resumed).resumed_from == failed
    assert world.states(resumed) == {
        **{"a": "cached", "b": "cached", "e": "cached"},
        **{"c": "succeeded", "d": "succeeded"},
    }
    assert failed in str(world.nodes(resumed)["a"].reason)
    assert world.tables(resumed) == world.tables(world.run(flow_id, cache=False))
    assert [world.head(resumed, one) for one in "abc"] == [[[0], [1], [2]], [[0], [2], [4]], [[0], [4], [8]]]
    with pytest.raises(Conflict, match="nothing to resume"):
        world.again("resume", resumed)


# Refusals ---------------------------------------------------------------------------------------


def refused(world: RunWorld, flow_id: str, **how: object) -> str:
    with pytest.raises(BadField) as caught:
        world.make(flow_id, **how)  # type: ignore[arg-type]
    return str(caught.value.field)


def test_a_run_that_cannot_be_is_refused_with_the_field_at_fault(world: RunWorld, one: str) -> None:
    flow_id = world.flow(node("a", "1", one), n={"type": "integer"})
    assert refused(world, flow_id) == "parameters.n"
    assert refused(world, flow_id, parameters={"n": True}) == "parameters.n"
    assert refused(world, flow_id, parameters={"n": 1, "m": 1}) == "parameters.m"
    assert refused(world, flow_id, parameters={"n": 1}, targets=["z"]) == "options.targets"
    assert refused(world, world.flow(node("a", "1", one), node("b", "1", "nobodys"))) == "nodes[1].kernel"
    assert refused(world, world.flow(node("a", "1", one), node("b", "1"))) == "nodes[1].kernel"
    ledger = world.services.ledger
    strange = add_kernel(ledger, add_user(ledger))
    assert refused(world, world.flow(node("a", "1", strange.uid))) == "nodes[0].kernel"
    with pytest.raises(NotFound), ledger.write() as s:
        flow_runs.make_run(s, RunRequest(flow_id, strange.owner_id, {"n": 1}), time.time())


def test_a_queued_run_waits_until_it_is_released(world: RunWorld, one: str) -> None:
    flow_id = world.flow(node("a", "1", one))
    with world.services.ledger.write() as s:
        request = RunRequest(flow_id, world.world.owner.id, queued=True)
        run_id = flow_runs.make_run(s, request, time.time()).id
    flow_runs.advance(world.services, run_id)
    assert world.row(run_id).state == "queued"
    with world.services.ledger.write() as s:
        assert flow_runs.release_run(s, run_id, time.time())
    flow_runs.wake_run(world.services, run_id)
    assert world.until_ended(run_id) == [RunState.SUCCEEDED]


# Retention --------------------------------------------------------------------------------------


def test_old_runs_are_removed_with_their_objects_but_for_the_newest(world: RunWorld, one: str) -> None:
    flow_id = world.flow(node("a", f"{TABLE}\nflowfile.publish_artifact('m', 1)", one))
    made = [world.run(flow_id, cache=False) for _ in range(3)]
    told = flow_runs.prune_runs(world.services, 0.0, 1, dry_run=True)
    assert set(made[:2]) <= set(told.runs)
    assert made[2] not in told.runs
    assert told.executions >= 2
    assert told.objects >= 2
    assert world.nodes(made[0])
    done = flow_runs.prune_runs(world.services, 0.0, 1, dry_run=False)
    assert done.runs == told.runs
    with world.services.ledger.read() as s:
        assert runs.get(s, made[0]) is None
        assert not artifacts.seen(s, artifacts.Place(world.world.owner.id, flow_runs.run_key(made[0])), "run")
    assert not world.tables(made[0])
    assert (world.head(made[0], "a"), world.head(made[2], "a")) == (None, [[0], [1], [2]])
    assert world.tables(made[2])
    assert world.run(flow_id)
