"""Nodes of runs on real kernels: what they read, write and share, and what a run leaves in its kernel."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from run_world import RunWorld, node, run_world

from broker_config.wire.states import RunState
from tasks import flow_runs
from tests.waiting import wait_until

FORMATS = {
    "csv": "id,day,n\n007,2013-01-01,1\n008,2013-01-02,2\n",
    "json_lines": '{"id": "007", "day": "2013-01-01", "n": 1}\n{"id": "008", "day": "2013-01-02", "n": 2}\n',
}
SCHEMA = {"id": "String", "day": "Date", "n": "Int8"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunWorld]:
    with run_world(tmp_path_factory.mktemp("nodes")) as world:
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


def of(kind: str, node_id: str, kernel: str, **settings: Any) -> dict[str, Any]:
    """A node of another type."""
    return {"id": node_id, "type": kind, "kernel": kernel, "settings": settings}


def file(path: Any, form: str = "csv") -> dict[str, Any]:
    return {"kind": "file", "path": path, "format": form}


def failed(world: RunWorld, flow_id: str, node_id: str, **how: Any) -> dict[str, Any]:
    """How a node of a run failed."""
    run_id = world.make(flow_id, **how)
    assert world.until_ended(run_id) == [RunState.FAILED]
    error = world.nodes(run_id)[node_id].error
    assert error is not None, world.told(run_id)
    return error


def shared(world: RunWorld, kernel: str, path: str, text: str) -> None:
    """A shared file of the owner's, written by a cell and stored."""
    code = f"open(flowfile.get_shared_location({path!r}), 'w').write({text!r})"
    world.world.run(world.kernels[kernel], code)
    owner = world.world.owner.id
    wait_until(lambda: world.world.plane.files(owner, path), 20, "the stored file")


def read_shared(world: RunWorld, kernel: str, path: str) -> str:
    """What the store has of a shared file, as a cell of that kernel reads it."""
    wait_until(lambda: world.world.plane.files(world.world.owner.id, path), 20, "the stored file")
    code = f"print(open(flowfile.get_shared_location({path!r})).read(), end='')"
    return world.world.run(world.kernels[kernel], code)


# Files and tables -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_goes_in_through_sql_and_out_into_other_files(
    world: RunWorld, one: str, two: str, form: str
) -> None:
    shared(world, one, f"in/{form}", FORMATS[form])
    query = "SELECT id, day, n * 2 AS twice FROM flights WHERE n > 1"
    flow_id = world.flow(
        of("input", "in", one, source=file(f"in/{form}", form), schema=SCHEMA),
        of("sql", "sql", two, query=query),
        of("output", "csv", one, target=file(f"out/{form}.csv")),
        of("output", "lines", two, target=file(f"out/{form}.jsonl", "json_lines")),
        of("output", "parquet", one, target=file(f"out/{form}.parquet", "parquet")),
        of("input", "again", two, source=file(f"out/{form}.parquet", "parquet")),
        node("after", "print(flowfile.read_first().collect().rows())", two),
        edges=["in>sql.flights", "sql>csv", "sql>lines", "sql>parquet", "parquet>after"],
    )
    run_id = world.run(flow_id, targets=["csv", "lines", "after"])
    assert "('008', datetime.date(2013, 1, 2), 4)" in world.printed(run_id, "after")
    assert read_shared(world, two, f"out/{form}.csv") == "id,day,twice\n008,2013-01-02,4\n"
    assert read_shared(world, one, f"out/{form}.jsonl") == '{"id":"008","day":"2013-01-02","twice":4}\n'
    tables = world.tables(run_id)
    assert tables["sql.main"] == tables["csv.main"] == tables["lines.main"] == tables["parquet.main"]
    assert world.nodes(run_id)["parquet"].rows_out == 1
    parquet = world.run(flow_id, targets=["again"])
    assert world.nodes(parquet)["again"].rows_out == 1


def test_a_table_in_the_document_is_read_and_a_path_is_a_parameter(world: RunWorld, one: str) -> None:
    table = {"kind": "table", "columns": [{"name": "d", "type": "Date"}], "rows": [["2013-05-01"], [None]]}
    flow_id = world.flow(
        of("input", "in", one, source=table),
        of("output", "out", one, target=file({"parameter": "where"})),
        edges=["in>out"],
        where={"type": "string"},
    )
    world.run(flow_id, parameters={"where": "tables/it's {here}.csv"})
    assert read_shared(world, one, "tables/it's {here}.csv") == "d\n2013-05-01\n\n"


def test_the_catalog_is_written_and_read_by_nodes(world: RunWorld, one: str, two: str) -> None:
    table = {"kind": "table", "columns": [{"name": "x", "type": "Int64"}], "rows": [[1], [2]]}
    place = {"kind": "catalog", "name": "numbers", "namespace": "nodes"}
    flow_id = world.flow(
        of("input", "in", one, source=table),
        of("output", "out", one, target={**place, "description": "some", "tags": ["a"]}),
        of("input", "back", two, source=place, schema={"x": "Float64"}),
        node("sum", "print(flowfile.read_input('back').collect()['x'].sum())", two),
        edges=["in>out", "back>sum"],
    )
    world.run(flow_id, targets=["out"])
    assert world.printed(world.run(flow_id, targets=["sum"]), "sum") == "3.0\n"


def test_what_a_node_cannot_read_is_said(world: RunWorld, one: str) -> None:
    missing = world.flow(of("input", "in", one, source=file("no/such.csv")))
    error = failed(world, missing, "in")
    assert (error["type"], error["message"]) == ("FileNotFoundError", "there is no shared file 'no/such.csv'")
    shared(world, one, "bad.csv", "a,b\n1,x\n")
    unlike = world.flow(of("input", "in", one, source=file("bad.csv"), schema={"c": "Int64"}))
    error = failed(world, unlike, "in")
    assert (error["type"], error["message"]) == ("ValueError", "'bad.csv' has no column 'c'; it has: a, b")
    wrong = world.flow(of("input", "in", one, source=file("bad.csv"), schema={"b": "Int64"}))
    assert "could not parse `x`" in failed(world, wrong, "in")["message"]
    sql = world.flow(of("sql", "sql", one, query="SELECT * FROM nothing"))
    assert "nothing" in failed(world, sql, "sql")["message"]


def test_a_write_that_fails_leaves_the_file_that_was_there(world: RunWorld, one: str, two: str) -> None:
    shared(world, one, "kept.csv", "before\n")
    nested = "flowfile.publish_output(pl.DataFrame({'x': [[1]]}))"
    flow_id = world.flow(
        node("a", nested, one), of("output", "out", one, target=file("kept.csv")), edges=["a>out"]
    )
    assert "nested" in failed(world, flow_id, "out")["message"]
    assert read_shared(world, two, "kept.csv") == "before\n"
    assert len(world.world.plane.files(world.world.owner.id, "kept.csv")) == 1


# What nodes publish, or do not ------------------------------------------------------------------


def test_nodes_that_publish_nothing_pass_on_what_they_read_first(world: RunWorld, one: str, two: str) -> None:
    flow_id = world.flow(
        node("a", "flowfile.publish_output(pl.DataFrame({'x': [1, 2]}), 'side')", one),
        node("b", "x = 1", one),
        node("c", "flowfile.read_first()", two),
        node("d", "print(flowfile.read_input().collect()['x'].to_list())", one),
        edges=["a.side>b", "b>c", "c>d"],
    )
    run_id = world.run(flow_id)
    assert world.printed(run_id, "d") == "[1, 2]\n"
    tables = world.tables(run_id)
    assert tables["a.side"] == tables["b.main"] == tables["c.main"] == tables["d.main"]
    assert {n: row.rows_out for n, row in world.nodes(run_id).items()} == dict.fromkeys("abcd", 2)
    shown = world.world.outputs(flow_id)
    assert shown["c", "main"].passed_through
    assert not shown["a", "side"].passed_through


def test_a_node_that_declares_outputs_and_publishes_nothing_fails(world: RunWorld, one: str) -> None:
    flow_id = world.flow(node("a", "x = 1", one, outputs=["result"]))
    error = failed(world, flow_id, "a")
    assert (error["type"], "has to publish 'result'" in error["message"]) == ("ValueError", True)


def test_what_a_node_does_not_publish_again_is_gone_after_its_run(world: RunWorld, one: str) -> None:
    flow_id = world.flow(
        node("a", "if flowfile.parameters['publish']: flowfile.publish_artifact('x', 1)", one),
        node("b", "print(len(flowfile.list_artifacts()))", one),
        edges=["a>b"],
        publish=True,
    )
    assert world.printed(world.run(flow_id), "b") == "1\n"
    assert set(world.world.artifacts(flow_id)) == {"x"}
    assert world.printed(world.run(flow_id, parameters={"publish": False}), "b") == "0\n"
    assert set(world.world.artifacts(flow_id)) == set()


# A run in its kernel ----------------------------------------------------------------------------


def test_a_run_ends_in_its_kernel_with_its_variables_and_child_processes(world: RunWorld, one: str) -> None:
    child = "import subprocess\np = subprocess.Popen(['sleep', '600'])\nprint(p.pid)"
    flow_id = world.flow(node("a", child, one), node("b", "print(p.poll())", one), edges=["a>b"])
    run_id = world.run(flow_id)
    assert world.printed(run_id, "b") == "None\n"
    pid = int(world.printed(run_id, "a"))
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 20, "the end of the run's child")
    kernel = world.kernels[one]
    assert world.world.cell(kernel, "print('p' in globals())", flow_id, "a") == "False\n"


def test_parameters_are_of_their_types_and_cells_have_the_defaults(world: RunWorld, one: str) -> None:
    shown = "p = flowfile.parameters\nprint([(k, type(v).__name__, str(v)) for k, v in sorted(p.items())])"
    declared = {
        "day": {"type": "date", "default": "2013-01-31"},
        "n": {"type": "integer", "default": 3},
        "share": {"type": "number"},
        "text": "it's {n}",
    }
    flow_id = world.flow(node("a", shown, one), **declared)
    given = world.printed(world.run(flow_id, parameters={"share": 0.5, "day": "2014-02-01"}), "a")
    assert eval(given) == [
        ("day", "date", "2014-02-01"),
        ("n", "int", "3"),
        ("share", "float", "0.5"),
        ("text", "str", "it's {n}"),
    ]
    kernel = world.kernels[one]
    assert eval(world.world.cell(kernel, shown, flow_id, "a")) == [
        ("day", "date", "2013-01-31"),
        ("n", "int", "3"),
        ("text", "str", "it's {n}"),
    ]
    assert world.world.cell(kernel, "print(dict(flowfile.parameters))") == "{}\n"


def test_cells_see_what_the_latest_successful_run_published(world: RunWorld, one: str) -> None:
    code = "flowfile.publish_artifact('n', flowfile.parameters['n'])\nif flowfile.parameters['n'] > 1: 1 / 0"
    flow_id = world.flow(node("a", code, one), n=1)
    kernel, read = world.kernels[one], "print(flowfile.read_artifact('n'))"
    world.run(flow_id)
    assert world.world.cell(kernel, read, flow_id, "b") == "1\n"
    failed(world, flow_id, "a", parameters={"n": 2})
    assert world.world.cell(kernel, read, flow_id, "b") == "1\n", "a run that failed changes nothing"
    world.world.cell(kernel, "flowfile.publish_artifact('n', 'of cells')", flow_id, "a")
    assert world.world.cell(kernel, read, flow_id, "b") == "of cells\n"
    world.run(flow_id, parameters={"n": 0})
    assert world.world.cell(kernel, read, flow_id, "b") == "0\n"


def test_an_agent_that_is_killed_in_a_node_ends_it_with_its_run(world: RunWorld, one: str) -> None:
    kernel = world.kernels[one]
    flow_id = world.flow(
        node("a", "import time; time.sleep(2)\nx = 'kept'\nflowfile.publish_artifact('x', x)", one),
        node("b", "print(x, flowfile.parameters['n'])", one),
        edges=["a>b"],
        n=7,
    )
    run_id = world.make(flow_id)
    world.until_runs(run_id, "a")
    os.kill(kernel.agent_pid, signal.SIGKILL)
    assert world.until_ended(run_id) == [RunState.SUCCEEDED], world.told(run_id)
    assert world.printed(run_id, "b") == "kept 7\n"
    assert set(world.world.artifacts(flow_runs.run_key(run_id))) == {"x"}
