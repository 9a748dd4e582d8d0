"""Executions: accepted, queued, changed, read, on both databases."""

from __future__ import annotations

import pytest

from broker_config.wire.errors import BadField, Conflict, NotFound, WrongTransition
from broker_config.wire.states import (
    EXECUTION_OPEN,
    EXECUTION_TERMINAL,
    EXECUTION_TRANSITIONS,
    DesiredState,
    ExecutionState,
)
from tasks.ledger import executions, kernels
from tasks.ledger.models import Execution
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import (
    NOW,
    add_cells,
    add_kernel,
    add_user,
    insert,
    kernel_row,
    new_cell,
)

X = ExecutionState


def in_state(ledger: Ledger, uid: str, state: ExecutionState) -> str:
    """A new execution in a state."""
    (execution_id,) = add_cells(ledger, uid)
    with ledger.write() as s:
        s.get_one(Execution, execution_id).status = state.value
    return execution_id


def status(ledger: Ledger, execution_id: str) -> str:
    with ledger.read() as s:
        return s.get_one(Execution, execution_id).status


def test_seqs_of_a_kernel_go_on_from_one_without_gaps(ledger: Ledger) -> None:
    ann = add_user(ledger)
    one, two = add_kernel(ledger, ann, "a").uid, add_kernel(ledger, ann, "b").uid
    given = []
    for uid, count in ((one, 1), (one, 3), (two, 2), (one, 1)):
        with ledger.write() as s:
            given.append(insert(s, uid, [new_cell(uid) for _ in range(count)], NOW))
    assert given == [[1], [2, 3, 4], [1, 2], [5]]


def test_an_accepted_cell_is_queued_and_unpublished_with_all_its_values(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    cell = new_cell(uid, flow_id="f", node_id="n", code="x = 'é\U0001f600'", timeout_s=1.5, epoch_number=3)
    with ledger.write() as s:
        insert(s, uid, [cell], NOW)
    with ledger.read() as s:
        row = executions.get(s, cell.id)
    assert row is not None
    assert {name: getattr(row, name) for name in cell.__slots__} == {
        n: getattr(cell, n) for n in cell.__slots__
    }
    assert (row.status, row.published_at, row.submitted_at, row.error) == ("queued", None, NOW, None)


def test_a_used_idempotency_key_is_a_conflict_and_takes_no_seq(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    (first,) = add_cells(ledger, uid, idempotency_key="once")
    with pytest.raises(Conflict) as raised:
        add_cells(ledger, uid, idempotency_key="once")
    assert raised.value.field == "idempotency_key"
    (after,) = add_cells(ledger, uid)
    with ledger.read() as s:
        found = executions.by_key(s, uid, "once")
        assert found is not None
        assert found.id == first
        assert s.get_one(Execution, after).seq == 2


def test_an_idempotency_key_counts_per_kernel(ledger: Ledger) -> None:
    ann = add_user(ledger)
    for slug in ("a", "b"):
        add_cells(ledger, add_kernel(ledger, ann, slug).uid, idempotency_key="once")


def test_a_kernel_that_is_deleted_or_about_to_be_takes_no_cells(ledger: Ledger) -> None:
    kernel = kernel_row(ledger)
    with ledger.write() as s:
        kernels.intend(s, kernel, DesiredState.DELETED, NOW)
    with pytest.raises(NotFound):
        add_cells(ledger, kernel.uid)
    with ledger.write() as s:
        kernels.mark_deleted(s, kernel, NOW)
    with pytest.raises(NotFound):
        add_cells(ledger, kernel.uid)


def test_unpublished_and_queued_come_by_seq(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    ids = add_cells(ledger, uid, 4)
    with ledger.write() as s:
        executions.mark_published(s, dict.fromkeys(ids[:2], NOW + 1))
        executions.started(s, ids[0], "g", NOW + 2)
    with ledger.read() as s:
        assert [row.id for row in executions.unpublished(s, uid)] == ids[2:]
        assert [(row.id, row.published_at) for row in executions.queued(s, uid)] == [
            (ids[1], NOW + 1),
            (ids[2], None),
            (ids[3], None),
        ]
        running = executions.current(s, uid)
        assert running is not None
        assert (running.id, running.generation, running.started_at) == (ids[0], "g", NOW + 2)
        assert [row.id for row in executions.running_of(s, uid)] == [ids[0]]
        assert executions.queue_length(s, uid) == 3


def test_any_number_of_executions_is_noted_as_put_each_at_its_time(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    first, second = add_cells(ledger, uid, 2)
    others = {f"{uid}-{number}": NOW for number in range(1_000_000, 1_040_000)}
    with ledger.write() as s:
        executions.mark_published(s, {first: NOW + 1, **others, second: NOW + 2})
        executions.mark_published(s, {})
    with ledger.read() as s:
        assert executions.still_queued(s, [first, *others, second]) == {first, second}
        assert executions.still_queued(s, []) == set()
        assert [row.published_at for row in executions.queued(s, uid)] == [NOW + 1, NOW + 2]


def test_position_counts_people_before_batches_and_is_zero_once_it_runs(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    batch = add_cells(ledger, uid, 2, interactive=False)
    people = add_cells(ledger, uid, 2)
    late = add_cells(ledger, uid, 1, interactive=False)
    order = people + batch + late
    with ledger.read() as s:
        assert [executions.position(s, s.get_one(Execution, each)) for each in order] == [1, 2, 3, 4, 5]
    with ledger.write() as s:
        executions.started(s, people[0], "g", NOW)
    with ledger.read() as s:
        assert [executions.position(s, s.get_one(Execution, each)) for each in order] == [0, 1, 2, 3, 4]


def test_queued_kernels_names_each_kernel_once_if_something_waits_long_enough(ledger: Ledger) -> None:
    ann = add_user(ledger)
    old, young, done = (add_kernel(ledger, ann, slug).uid for slug in "abc")
    add_cells(ledger, old, 2, NOW)
    add_cells(ledger, young, 1, NOW + 10)
    (ended,) = add_cells(ledger, done, 1, NOW)
    with ledger.write() as s:
        executions.end(s, ended, X.CANCELLED, NOW)
    with ledger.read() as s:
        assert executions.queued_kernels(s, NOW + 5) == [old]


@pytest.mark.parametrize("old", list(X))
def test_the_table_decides_every_end(ledger: Ledger, old: ExecutionState) -> None:
    uid = kernel_row(ledger).uid
    for new in sorted(EXECUTION_TERMINAL):
        execution_id = in_state(ledger, uid, old)
        if old in EXECUTION_TERMINAL:
            with ledger.write() as s:
                assert executions.end(s, execution_id, new, NOW) is False
        elif new in EXECUTION_TRANSITIONS[old]:
            with ledger.write() as s:
                assert executions.end(s, execution_id, new, NOW, wall_s=1.0) is True
            assert status(ledger, execution_id) == new
            continue
        else:
            with pytest.raises(WrongTransition), ledger.write() as s:
                executions.end(s, execution_id, new, NOW)
        assert status(ledger, execution_id) == old


@pytest.mark.parametrize("new", sorted(EXECUTION_OPEN))
def test_an_open_state_is_no_end(ledger: Ledger, new: ExecutionState) -> None:
    (execution_id,) = add_cells(ledger, kernel_row(ledger).uid)
    with pytest.raises(WrongTransition), ledger.write() as s:
        executions.end(s, execution_id, new, NOW)


@pytest.mark.parametrize("old", list(X))
def test_only_a_queued_execution_starts(ledger: Ledger, old: ExecutionState) -> None:
    execution_id = in_state(ledger, kernel_row(ledger).uid, old)
    with ledger.write() as s:
        assert executions.started(s, execution_id, "g", NOW) is (old is X.QUEUED)


def test_an_end_keeps_its_fields_and_its_own_time(ledger: Ledger) -> None:
    (execution_id,) = add_cells(ledger, kernel_row(ledger).uid)
    error = {"type": "ValueError", "message": "x\x00\ud800", "traceback": []}
    with ledger.write() as s:
        executions.end(
            s, execution_id, X.FAILED, NOW, error=error, finished_at=NOW - 1, execution_count=2**40
        )
    with ledger.read() as s:
        row = s.get_one(Execution, execution_id)
    assert (row.error, row.finished_at, row.execution_count, row.revision) == (error, NOW - 1, 2**40, 1)


def test_a_row_that_was_read_before_shows_its_change(ledger: Ledger) -> None:
    (execution_id,) = add_cells(ledger, kernel_row(ledger).uid)
    with ledger.write() as s:
        row = executions.get(s, execution_id)
        assert row is not None
        assert executions.started(s, execution_id, "g", NOW)
        assert (row.status, row.generation) == ("running", "g")
        assert executions.end(s, execution_id, X.SUCCEEDED, NOW, wall_s=2.0)
    assert (row.status, row.wall_s, row.finished_at) == ("succeeded", 2.0, NOW)


def test_an_end_of_nothing_is_not_found(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    with pytest.raises(NotFound), ledger.write() as s:
        executions.end(s, new_cell(uid).id, X.LOST, NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"execution_count": 2**70},
        {"memory_peak_bytes": -(2**64)},
        {"error": {"message": float("nan")}},
        {"generation": "\ud800"},
    ],
    ids=["large", "negative", "not finite", "surrogate"],
)
def test_a_value_that_no_database_can_hold_is_a_bad_field_and_changes_nothing(
    ledger: Ledger, fields: dict[str, object]
) -> None:
    (execution_id,) = add_cells(ledger, kernel_row(ledger).uid)
    with pytest.raises(BadField), ledger.write() as s:
        executions.end(s, execution_id, X.FAILED, NOW, **fields)
    assert status(ledger, execution_id) == "queued"


def test_the_first_wish_to_cancel_keeps_its_time(ledger: Ledger) -> None:
    (execution_id,) = add_cells(ledger, kernel_row(ledger).uid)
    for later in (1, 2):
        with ledger.write() as s:
            executions.request_cancel(s, execution_id, NOW + later)
    with ledger.read() as s:
        assert s.get_one(Execution, execution_id).cancel_requested_at == NOW + 1


def test_executions_are_seen_by_their_kernels_owner_and_by_admins(ledger: Ledger) -> None:
    ann, bob, root = add_user(ledger), add_user(ledger, "bob"), add_user(ledger, "root", "admin")
    uid = add_kernel(ledger, ann).uid
    (execution_id,) = add_cells(ledger, uid)
    with ledger.read() as s:
        for user in (ann, root):
            assert executions.visible(s, user, execution_id).id == execution_id
            assert len(executions.page(s, user, kernel_uid=uid, limit=5)[0]) == 1
        assert executions.page(s, bob, kernel_uid=uid, limit=5) == ([], None)
        assert executions.page(s, root, limit=5) == ([], None)
        with pytest.raises(NotFound):
            executions.visible(s, bob, execution_id)
        with pytest.raises(NotFound):
            executions.visible(s, root, "nothing")


@pytest.mark.parametrize("of_one_kernel", [True, False])
def test_pages_come_newest_first_and_neither_repeat_nor_miss(ledger: Ledger, of_one_kernel: bool) -> None:
    ann = add_user(ledger)
    uid = add_kernel(ledger, ann).uid
    ids = add_cells(ledger, uid, 4) + add_cells(ledger, uid, 3, NOW + 0.1)
    seen: list[str] = []
    after: str | None = None
    with ledger.read() as s:
        while True:
            only = uid if of_one_kernel else None
            rows, after = executions.page(s, ann, kernel_uid=only, after=after, limit=2)
            seen += [row.id for row in rows]
            if after is None:
                break
    assert seen == ids[::-1]


def test_pages_are_filtered_by_flow_and_status(ledger: Ledger) -> None:
    ann = add_user(ledger)
    uid = add_kernel(ledger, ann).uid
    (loose,) = add_cells(ledger, uid)
    flow = add_cells(ledger, uid, 2, flow_id="f")
    with ledger.write() as s:
        executions.end(s, flow[0], X.FAILED, NOW)
    with ledger.read() as s:
        assert [row.id for row in executions.page(s, ann, flow_id="", limit=9)[0]] == [loose]
        assert [row.id for row in executions.page(s, ann, flow_id="f", status="failed", limit=9)[0]] == flow[
            :1
        ]
        assert {row.id for row in executions.many(s, [loose, flow[1], "nothing"])} == {loose, flow[1]}
        assert executions.many(s, []) == []


def test_nodes_of_runs_are_told_apart_and_left_out_of_a_page_that_wants_none(ledger: Ledger) -> None:
    ann = add_user(ledger)
    uid = add_kernel(ledger, ann).uid
    (cell,) = add_cells(ledger, uid, flow_id="f")
    (node,) = add_cells(ledger, uid, flow_id="f", node_id="n", run_id="R" * 12, attempt=1)
    with ledger.read() as s:
        rows, _next = executions.page(s, ann, flow_id="f", limit=9)
        assert {row.id: row.run_id for row in rows} == {cell: None, node: "R" * 12}
        for kernel in (None, uid):
            own, _next = executions.page(s, ann, flow_id="f", kernel_uid=kernel, of_runs=False, limit=9)
            assert [row.id for row in own] == [cell]
