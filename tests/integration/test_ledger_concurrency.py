"""Many at once on one ledger, by threads and by processes, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from broker_config.wire.errors import Conflict, WrongTransition
from broker_config.wire.states import ExecutionState, KernelState
from tasks.ledger import executions, files, kernels
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import (
    NOW,
    add_cells,
    add_user,
    at_once,
    insert,
    kernel_row,
    new_cell,
)

INSERTER = """
import sys
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import insert, new_cell
ledger = Ledger(sys.argv[1])
for _ in range(int(sys.argv[3])):
    with ledger.write() as s:
        print(*insert(s, sys.argv[2], [new_cell(sys.argv[2])], 0.0), flush=True)
ledger.dispose()
"""


def test_many_threads_of_two_processes_worth_get_distinct_seqs_without_gaps(
    ledger: Ledger, new_ledger: Callable[[], Ledger]
) -> None:
    uid = kernel_row(ledger).uid
    ledgers = [ledger, new_ledger()]

    def accept(number: int) -> list[int]:
        seqs: list[int] = []
        for count in (1, 2, 1, 3, 1, 2):
            with ledgers[number % 2].write() as s:
                seqs += insert(s, uid, [new_cell(uid) for _ in range(count)], NOW)
        return seqs

    given = at_once(16, accept)
    assert [each for each in given if isinstance(each, Exception)] == []
    assert sorted(seq for each in given if isinstance(each, list) for seq in each) == list(range(1, 161))
    with ledger.read() as s:
        assert [row.seq for row in executions.queued(s, uid)] == list(range(1, 161))


def test_processes_that_insert_at_once_get_distinct_seqs(ledger: Ledger, database_url: str) -> None:
    uid = kernel_row(ledger).uid
    command = [sys.executable, "-W", "error", "-c", INSERTER, database_url, uid, "100"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    printed = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert sorted(int(line) for text in printed for line in text.split()) == list(range(1, 301))


def test_a_seq_that_is_seen_has_no_smaller_one_still_to_come(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    seen: list[list[int]] = []

    def work(number: int) -> None:
        for _ in range(15):
            if number == 0:
                with ledger.read() as s:
                    seen.append([row.seq for row in executions.queued(s, uid)])
            else:
                add_cells(ledger, uid)

    assert at_once(6, work) == [None] * 6
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in seen)


def test_of_many_changes_on_one_reading_exactly_one_wins(ledger: Ledger) -> None:
    kernel = kernel_row(ledger)

    def move(number: int) -> int:
        with ledger.write() as s:
            kernels.move(s, kernel, KernelState.STARTING, NOW, error=str(number))
        return number

    results = at_once(8, move)
    won = [each for each in results if isinstance(each, int)]
    assert len(won) == 1
    assert sum(isinstance(each, WrongTransition) for each in results) == 7
    with ledger.read() as s:
        row = kernels.get(s, kernel.uid)
    assert row is not None
    assert (row.revision, row.error) == (1, str(won[0]))


def test_an_execution_ends_exactly_once(ledger: Ledger) -> None:
    (execution_id,) = add_cells(ledger, kernel_row(ledger).uid)
    ends = [ExecutionState.SUCCEEDED, ExecutionState.LOST, ExecutionState.CANCELLED, ExecutionState.FAILED]

    def end(number: int) -> bool:
        with ledger.write() as s:
            return executions.end(s, execution_id, ends[number % 4], NOW)

    assert sorted(str(each) for each in at_once(8, end)) == ["False"] * 7 + ["True"]


def test_a_start_and_a_cancel_at_once_leave_one_story(ledger: Ledger) -> None:
    ids = add_cells(ledger, kernel_row(ledger).uid, 20)

    def act(number: int) -> list[bool]:
        won = []
        for execution_id in ids:
            with ledger.write() as s:
                if number:
                    won.append(executions.started(s, execution_id, "g", NOW))
                else:
                    won.append(executions.end(s, execution_id, ExecutionState.CANCELLED, NOW))
        return won

    ended, _ = at_once(2, act)
    assert ended == [True] * 20
    with ledger.read() as s:
        assert {row.status for row in executions.many(s, ids)} == {"cancelled"}


def test_one_idempotency_key_at_once_is_accepted_once(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid
    results = at_once(8, lambda _: add_cells(ledger, uid, idempotency_key="once"))
    accepted = [each for each in results if isinstance(each, list)]
    assert len(accepted) == 1
    assert sum(isinstance(each, Conflict) for each in results) == 7
    with ledger.read() as s:
        assert [row.id for row in executions.queued(s, uid)] == accepted[0]


def test_epochs_begun_at_once_are_distinct(ledger: Ledger) -> None:
    uid = kernel_row(ledger).uid

    def begin(_number: int) -> int:
        with ledger.write() as s:
            return kernels.next_epoch(s, uid, "f")

    assert sorted(each for each in at_once(12, begin) if isinstance(each, int)) == list(range(1, 13))


def test_twenty_writers_of_one_file_make_twenty_versions_and_one_latest(
    ledger: Ledger, new_ledger: Callable[[], Ledger]
) -> None:
    ann = add_user(ledger).id
    ledgers = [ledger, *(new_ledger() for _ in range(3))]

    def publish(number: int) -> int:
        # It reads first: a transaction that did not begin as a writer could not become one.
        with ledgers[number % 4].write() as s:
            version = files.NewVersion(ann, "data", f"k{number}", 1, "0" * 64)
            return files.add_version(s, version, NOW).version

    assert sorted(each for each in at_once(20, publish) if isinstance(each, int)) == list(range(1, 21))
    with ledger.read() as s:
        assert [row.version for row in files.versions(s, ann, "data") if row.latest] == [20]
