"""Runs in the ledger, on every database: made, looked at, changed once, taken over, read, removed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flow_rows import add_flow

from broker_config.wire.errors import Conflict, NotFound
from broker_config.wire.names import new_execution_id
from broker_config.wire.states import DesiredState as D
from broker_config.wire.states import ExecutionState as X
from tasks import flow_documents, flow_runs
from tasks.flow_runs import RunOptions, RunRequest
from tasks.ledger import artifacts, executions, files, kernels, outputs, runs
from tasks.ledger.endings import Ending, Output, end_many
from tasks.ledger.models import Kernel, User
from tasks.ledger.outputs import NewFlowOutput
from tasks.ledger.runs import ChangedAttempt, Kept, NewAttempt
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_kernel, add_user, new_cell

LATER = NOW + 100.0


class Rows:
    """One owner with a kernel and a flow of three nodes."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.owner: User = add_user(ledger)
        self.kernel: Kernel = add_kernel(ledger, self.owner)
        nodes = [{"id": one, "kernel": self.kernel.slug} for one in "abc"]
        edges = [{"from": "a", "to": "b"}, {"from": "b", "to": "c"}]
        self.flow_id = add_flow(
            ledger, self.owner, flow_documents.validate({"nodes": nodes, "connections": edges})
        ).id

    def run(self, now: float = NOW, **fields: Any) -> str:
        with self.ledger.write() as s:
            return flow_runs.make_run(s, RunRequest(self.flow_id, self.owner.id, **fields), now).id

    def node(self, run_id: str, node_id: str, state: str = "succeeded", **fields: Any) -> str | None:
        """An attempt with an execution of its own that has ended so."""
        execution_id = new_execution_id(self.kernel.uid)
        with self.ledger.write() as s:
            taken = executions.take(s, self.kernel.uid, 1)
            cell = new_cell(self.kernel.uid, id=execution_id, flow_id=self.flow_id, node_id=node_id)
            executions.put(s, [replace(cell, run_id=run_id, attempt=1, interactive=False)], taken, NOW)
            values = {"attempt": 1, "execution_id": execution_id, "kernel_uid": self.kernel.uid, **fields}
            runs.insert_attempts(s, [NewAttempt(run_id, node_id, state=state, created_at=NOW, **values)])
        return execution_id

    def end(self, execution_id: str, **output: Any) -> dict[str, str | None]:
        ending = Ending(
            *(execution_id, X.SUCCEEDED, NOW + 2, NOW + 1, "g", 1, 0.1, 0.1, None, None), Output(**output)
        )
        with self.ledger.write() as s:
            return end_many(s, [ending])

    def table(self, run_id: str, node_id: str, execution_id: str) -> None:
        place = flow_runs.run_key(run_id)
        row = NewFlowOutput(
            *(self.owner.id, place, node_id, "main", self.kernel.uid, execution_id, f"k/{execution_id}"),
            *(10, "0" * 64, 3, []),
        )
        with self.ledger.write() as s:
            outputs.replace(s, self.owner.id, place, node_id, [row], NOW)


@pytest.fixture
def rows(ledger: Ledger) -> Rows:
    return Rows(ledger)


def test_a_run_knows_its_kernels_by_the_owners_ids_and_by_uids(rows: Rows) -> None:
    run_id = rows.run()
    with rows.ledger.read() as s:
        row = runs.run_row(s, run_id)
        assert row is not None
        assert row.kernels == dict.fromkeys("abc", rows.kernel.uid)
        found = runs.kernels_named(s, rows.owner.id, {rows.kernel.uid, rows.kernel.slug, "nobodys"})
        assert set(found) == {rows.kernel.uid, rows.kernel.slug}
        assert set(runs.kernels_there(s, {rows.kernel.uid, "nobodys"})) == {rows.kernel.uid}
        assert not runs.kernels_named(s, add_user(rows.ledger, "bob").id, {rows.kernel.uid})


def test_of_two_who_have_read_a_run_one_changes_it(rows: Rows) -> None:
    run_id = rows.run()

    def change(_: int) -> bool:
        with rows.ledger.write() as s:
            return runs.swap(s, run_id, 0, {"state": "running"})

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(change, range(4))) == [False, False, False, True]
    with rows.ledger.read() as s:
        row = runs.run_row(s, run_id)
        assert row is not None
        assert (row.state, row.revision) == ("running", 1)


def test_an_attempt_is_begun_once(rows: Rows) -> None:
    run_id = rows.run()
    rows.node(run_id, "a")
    with pytest.raises(Conflict, match="begun already"):
        rows.node(run_id, "a")


def test_a_look_sees_the_ends_of_executions(rows: Rows) -> None:
    run_id = rows.run()
    execution_id = str(rows.node(run_id, "a", "running", lock_digest="l" * 64, cache_key="c" * 64))
    assert rows.end(execution_id) == {execution_id: run_id}
    with rows.ledger.read() as s:
        (seen,) = runs.attempts(s, run_id)
        assert not runs.ended(s, run_id)
    assert (seen.state, seen.status, seen.finished_at) == ("running", "succeeded", NOW + 2)
    with rows.ledger.write() as s:
        end = ChangedAttempt(seen.id, "succeeded", rows.kernel.uid, execution_id, finished_at=NOW + 2)
        runs.change_attempts(s, [end])
    with rows.ledger.read() as s:
        (row,) = runs.node_rows(s, run_id)
        assert (row.state, row.finished_at, row.lock_digest, row.cache_key, row.revision) == (
            *("succeeded", NOW + 2, "l" * 64, "c" * 64),
            1,
        )
        assert not runs.attempts(s, run_id)
        assert [tuple(one) for one in runs.ended(s, run_id)] == [("a", 1, "succeeded", NOW + 2)]


def test_runs_are_due_by_time_until_they_have_ended(rows: Rows) -> None:
    first, second, queued = rows.run(), rows.run(NOW + 10), rows.run(queued=True)
    with rows.ledger.read() as s:
        assert runs.due(s, NOW + 5, 10) == [first]
        assert runs.due(s, LATER, 10) == [first, second]
    with rows.ledger.write() as s:
        assert runs.release(s, queued, NOW)
        assert not runs.release(s, queued, NOW)
        assert runs.swap(s, first, 0, {"state": "succeeded", "due_at": None, "finished_at": NOW})
        runs.look_again_at(s, second, 0, LATER + 1)
        runs.look_again_at(s, queued, 0, LATER + 1)
    with rows.ledger.read() as s:
        assert runs.due(s, LATER, 10) == [queued]
    with rows.ledger.write() as s:
        runs.postpone(s, queued, LATER + 5)
        assert runs.due(s, LATER, 10) == []


def test_a_cancel_is_asked_for_once_and_not_of_what_has_ended(rows: Rows) -> None:
    run_id = rows.run()
    with rows.ledger.write() as s:
        row = runs.get(s, run_id)
        assert row is not None
        assert runs.request_cancel(s, run_id, NOW + 1)
        assert runs.request_cancel(s, run_id, NOW + 2)
        assert (row.cancel_requested_at, row.revision) == (NOW + 1, 2)
        assert runs.swap(s, run_id, 2, {"state": "cancelled"})
        assert not runs.request_cancel(s, run_id, NOW + 3)


def test_a_kernel_that_a_run_started_stops_unless_it_is_wanted(rows: Rows) -> None:
    uid = rows.kernel.uid

    def start() -> str:
        with rows.ledger.write() as s:
            kernel = kernels.get(s, uid)
            assert kernel is not None
            return kernels.intend(s, kernel, D.RUNNING, NOW)

    first = start()
    second = start()
    with rows.ledger.write() as s:
        assert runs.stop_woken(s, uid, first, "note", NOW) is None
    waiting = str(rows.node(rows.run(), "a", "running"))
    with rows.ledger.write() as s:
        assert runs.stop_woken(s, uid, second, "note", NOW) is None
    rows.end(waiting)
    with rows.ledger.write() as s:
        nonce = runs.stop_woken(s, uid, second, "note", NOW)
    with rows.ledger.read() as s:
        kernel = kernels.get(s, uid)
        assert kernel is not None
        assert (kernel.desired_state, kernel.intent_nonce, kernel.note) == (D.STOPPED, nonce, "note")


def test_a_kernel_is_handed_over_to_another_open_run_that_needs_it(rows: Rows) -> None:
    uid, mine, other = rows.kernel.uid, rows.run(), rows.run()
    with rows.ledger.write() as s:
        assert runs.open_using(s, rows.owner.id, uid, mine) == other
        runs.hand_over(s, other, uid, "nonce")
        runs.hand_over(s, other, uid, "an older one")
        row = runs.run_row(s, other)
        assert row is not None
        assert (row.woken, row.revision) == ({uid: "nonce"}, 1)
        assert runs.swap(s, other, 1, {"state": "failed"})
        assert runs.open_using(s, rows.owner.id, uid, mine) is None


def test_what_an_earlier_run_left_is_found_by_its_key_and_told(rows: Rows) -> None:
    run_id, key = rows.run(), "k" * 64
    done = str(rows.node(run_id, "a", cache_key=key))
    rows.node(run_id, "b", "failed", cache_key=key)
    rows.end(
        done,
        outputs=[{"name": "main", "rows": 3}],
        artifacts={"published": [{"name": "m"}], "deleted": ["old"]},
    )
    rows.table(run_id, "a", done)
    with rows.ledger.read() as s:
        (found,) = runs.by_key(s, rows.owner.id, key)
        assert (found.node_id, found.run_id, found.execution_id) == ("a", run_id, done)
        assert not runs.by_key(s, add_user(rows.ledger, "bob").id, key)
        assert set(runs.done_in(s, run_id)) == {"a"}
        told = runs.told_by(s, [done, "nobodys"])[done]
        assert (told.outputs, told.published, told.deleted) == ({"main"}, {"m"}, {"old"})
        assert [(one.name, one.rows) for one in runs.tables_of(s, rows.owner.id, run_id, ["a"])] == [
            ("main", 3)
        ]
        assert not runs.sums_of(s, rows.owner.id, run_id)
        assert not runs.has_side_effects(s, done)
    with rows.ledger.write() as s:
        files.add_version(s, files.NewVersion(rows.owner.id, "a.csv", "k/x", 1, execution_id=done), NOW)
        assert runs.has_side_effects(s, done)


def test_counts_are_of_the_latest_attempts(rows: Rows) -> None:
    run_id, other = rows.run(), rows.run()
    rows.node(run_id, "a", "failed")
    with rows.ledger.write() as s:
        runs.insert_attempts(
            s,
            [
                NewAttempt(run_id, "a", 2, "succeeded", NOW),
                NewAttempt(run_id, "b", 1, "skipped", NOW, error={"type": "E"}),
            ],
        )
    with rows.ledger.read() as s:
        assert runs.counts(s, [run_id, other]) == {run_id: {"succeeded": 1, "skipped": 1}, other: {}}
        assert {one: row.attempt for one, row in runs.newest_rows(s, run_id).items()} == {"a": 2, "b": 1}
        assert len(runs.node_rows(s, run_id, "a")) == 2


def test_runs_are_their_owners_and_come_the_newest_first(rows: Rows) -> None:
    made = [rows.run(NOW + n) for n in range(5)]
    stranger = add_user(rows.ledger, "bob")
    with rows.ledger.read() as s:
        page, after = runs.page(s, rows.owner, runs.Filter(), None, 3)
        rest, end = runs.page(s, rows.owner, runs.Filter(flow_id=rows.flow_id), after, 3)
        assert [row.id for row in (*page, *rest)] == made[::-1]
        assert end is None
        assert runs.page(s, rows.owner, runs.Filter(state="failed"), None, 3) == ([], None)
        assert runs.page(s, stranger, runs.Filter(), None, 3) == ([], None)
        with pytest.raises(NotFound):
            runs.visible(s, stranger, made[0])
        assert runs.visible(s, rows.owner, made[0]).options == RunOptions().plain()


def test_what_was_kept_long_enough_is_removed_and_nothing_else(rows: Rows) -> None:
    old, newer, newest, still = (rows.run(NOW + n) for n in range(4))
    for run_id in (old, newer, newest):
        execution_id = str(rows.node(run_id, "a"))
        rows.end(execution_id, items=[{"kind": "stream"}], logs=[])
        rows.table(run_id, "a", execution_id)
    with rows.ledger.write() as s:
        for run_id in (old, newer, newest):
            assert runs.swap(s, run_id, 0, {"state": "succeeded", "finished_at": NOW + 5, "due_at": None})
        assert runs.prunable(s, Kept(NOW + 4, 0)) == []
        assert runs.prunable(s, Kept(LATER, 1)) == [old, newer]
        assert runs.prunable(s, Kept(LATER, 0, add_owner(rows))) == []
        told = runs.weight(s, [old, newer])
        assert (told.executions, told.objects, told.bytes) == (2, 2, 20)
    with rows.ledger.write() as s:
        for run_id in (old, newer):
            outputs.delete_run(s, run_id, NOW)
            artifacts.delete_run(s, run_id, NOW)
        runs.remove(s, [old, newer])
    with rows.ledger.read() as s:
        found, _ = runs.page(s, rows.owner, runs.Filter(), None, 10)
        assert [row.id for row in found] == [still, newest]
        assert not runs.node_rows(s, old)
        assert len(runs.tables_of(s, rows.owner.id, newest, ["a"])) == 1


def add_owner(rows: Rows) -> int:
    """Somebody else, out of another transaction than the one that is open."""
    return rows.owner.id + 1_000
