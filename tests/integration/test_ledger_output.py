"""What executions put out, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from broker_config.wire.errors import Conflict
from broker_config.wire.states import ExecutionState
from tasks.ledger import executions
from tasks.ledger.endings import Output
from tasks.ledger.models import ExecutionOutput
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_cells, end_with, kernel_row, new_cell


def read(ledger: Ledger, execution_id: str) -> ExecutionOutput | None:
    with ledger.read() as s:
        return executions.output(s, execution_id)


def append(
    ledger: Ledger, execution_id: str, items: list[Any], logs: list[Any], part: str | None = None
) -> None:
    with ledger.write() as s:
        executions.append_output(s, execution_id, items, logs, part)


def test_parts_are_read_in_their_order_as_one(ledger: Ledger) -> None:
    (execution_id,) = add_cells(ledger, kernel_row(ledger).uid)
    assert read(ledger, execution_id) is None
    append(ledger, execution_id, [{"text": "a"}], [])
    append(ledger, execution_id, [{"text": "b\x00\ud800"}], [{"message": "l"}])
    so_far = read(ledger, execution_id)
    assert so_far is not None
    assert so_far.items == [{"text": "a"}, {"text": "b\x00\ud800"}]
    assert (so_far.logs, so_far.truncated, so_far.outputs, so_far.artifacts) == (
        [{"message": "l"}],
        [],
        [],
        {},
    )


def test_a_part_delivered_twice_counts_once(ledger: Ledger) -> None:
    first, second = add_cells(ledger, kernel_row(ledger).uid, 2)
    for execution_id in (first, first, second):
        append(ledger, execution_id, [execution_id], [], part="1-0")
    for execution_id in (first, second):
        so_far = read(ledger, execution_id)
        assert so_far is not None
        assert so_far.items == [execution_id]


def test_the_whole_output_takes_the_place_of_the_parts(ledger: Ledger) -> None:
    (execution_id,) = add_cells(ledger, kernel_row(ledger).uid)
    append(ledger, execution_id, ["part"], [])
    log = {"at": NOW, "level": "INFO", "message": "m", "logger": "l"}
    for text in ("first", "again"):
        end_with(ledger, execution_id, Output([text], [], [log], ["o"], {"published": []}))
    append(ledger, execution_id, ["late"], [])
    whole = read(ledger, execution_id)
    assert whole is not None
    assert (whole.items, whole.logs, whole.outputs) == (["first"], [log], ["o"])
    assert whole.artifacts == {"published": []}


def test_output_of_no_execution_is_a_conflict(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    with pytest.raises(Conflict):
        append(ledger, new_cell(uid).id, [], [])
    assert end_with(ledger, new_cell(uid).id, Output(["x"])) == set()


def test_clearing_forgets_the_ended_outputs_of_one_namespace_only(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    (loose,) = add_cells(ledger, uid)
    ended, running = add_cells(ledger, uid, 2, flow_id="f")
    for execution_id in (loose, ended, running):
        append(ledger, execution_id, ["x"], [])
    with ledger.write() as s:
        executions.end(s, loose, ExecutionState.SUCCEEDED, NOW)
        executions.end(s, ended, ExecutionState.LOST, NOW)
        executions.started(s, running, "g", NOW)
    with ledger.write() as s:
        assert executions.clear_outputs(s, uid, "f", NOW) == 1
        assert executions.clear_outputs(s, uid, "f", NOW) == 0
    assert [read(ledger, each) is None for each in (loose, ended, running)] == [False, True, False]
    with ledger.read() as s:
        assert executions.cleared(s, {loose, ended, running}) == {ended}


def test_clearing_of_a_node_forgets_its_cells_and_leaves_its_runs_and_other_nodes(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    own, other, of_run = add_cells(ledger, uid, 3, flow_id="f")
    with ledger.write() as s:
        for execution_id, node, run in ((own, "a", None), (other, "b", None), (of_run, "a", "r")):
            row = executions.get(s, execution_id)
            assert row is not None
            row.node_id, row.run_id = node, run
            executions.end(s, execution_id, ExecutionState.SUCCEEDED, NOW)
    with ledger.write() as s:
        assert executions.clearable(s, uid, "f", "a") == 1
        assert executions.clear_outputs(s, uid, "f", NOW, node_id="a") == 1
        assert executions.cleared(s, {own, other, of_run}) == {own}


def test_clearing_takes_no_more_than_so_many_at_once_and_the_oldest_first(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    ids = add_cells(ledger, uid, 5, flow_id="f")
    with ledger.write() as s:
        for execution_id in ids:
            executions.end(s, execution_id, ExecutionState.SUCCEEDED, NOW)
        assert executions.clearable(s, uid, "f") == 5
    for left in (set(ids[2:]), set(ids[4:]), set[str]()):
        with ledger.write() as s:
            assert executions.clear_outputs(s, uid, "f", NOW, most=2) in {1, 2}
            assert set(ids) - executions.cleared(s, ids) == left
    with ledger.write() as s:
        assert executions.clear_outputs(s, uid, "f", NOW, most=2) == executions.clearable(s, uid, "f") == 0
