"""The way of executions through a real kernel, recorder and desk, on a quiet day."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_config import keys
from broker_config.wire.states import ExecutionState as X
from broker_config.wire.states import KernelState
from kernel_worker.agent.journal import State
from tasks.cancelling import cancel
from tasks.closing import drained
from tests.integration.control_plane import ControlPlane, control_plane, counting, ran, ready_kernel
from tests.integration.kernel_fixture import KernelUnderTest
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def plane(server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with control_plane(server, tmp_path_factory.mktemp("plane"), "recorder") as plane:
        yield plane


@pytest.fixture(scope="module")
def kernel(plane: ControlPlane) -> Iterator[KernelUnderTest]:
    with ready_kernel(plane) as kernel:
        yield kernel


def texts(plane: ControlPlane, execution_id: str) -> str:
    """What it printed, as the ledger has it."""
    found = plane.output(execution_id)
    return "".join(item["text"] for item in found.items if item["kind"] == "stream") if found else ""


def test_a_kernel_that_is_ready_is_so_in_the_ledger(plane: ControlPlane, kernel: KernelUnderTest) -> None:
    row = plane.kernel(kernel.uid)
    assert row.state == KernelState.READY.value
    assert row.generation == kernel.epoch().generation
    assert row.facts["init_pid"] == kernel.init_pid


def test_a_cell_is_recorded_with_all_that_it_did(plane: ControlPlane, kernel: KernelUnderTest) -> None:
    began = time.time()
    (execution_id,) = plane.submit(kernel.uid, "print('hello')\nflowfile.log('noted')\n6 * 7")
    assert plane.until(execution_id, X.SUCCEEDED) is X.SUCCEEDED
    row = plane.execution(execution_id)
    assert row.generation == row.epoch_generation == kernel.epoch().generation
    assert row.started_at is not None
    assert row.finished_at is not None
    assert began <= row.started_at <= row.finished_at <= time.time()
    output = plane.output(execution_id)
    assert output is not None
    assert texts(plane, execution_id) == "hello\n"
    assert output.items[-1]["data"]["text/plain"] == "42"
    assert output.logs[0]["message"] == "noted"
    assert output.artifacts == {"published": [], "deleted": []}


def test_a_failed_cell_keeps_its_error(plane: ControlPlane, kernel: KernelUnderTest) -> None:
    (execution_id,) = plane.submit(kernel.uid, "1 / 0")
    assert plane.until(execution_id, X.FAILED) is X.FAILED
    error = plane.execution(execution_id).error
    assert error is not None
    assert error["type"] == "ZeroDivisionError"


def test_the_kernel_may_forget_what_the_ledger_has(plane: ControlPlane, kernel: KernelUnderTest) -> None:
    ids = plane.submit(kernel.uid, *["1"] * 5)
    plane.until_ended(ids)
    journal = kernel.folder / "agent" / "journal.jsonl"

    def waiting() -> State:
        state = State()
        for line in journal.read_text().splitlines():
            state.apply(json.loads(line))
        return state

    assert set(ids) <= waiting().claimed.keys()
    wait_until(lambda: not waiting().unacknowledged, 10, "no results that wait")
    wait_until(lambda: drained(plane.services, kernel.uid), 5, "drained events")


def test_a_running_cell_is_running_and_is_interrupted(plane: ControlPlane, kernel: KernelUnderTest) -> None:
    (execution_id,) = plane.submit(kernel.uid, "while True: pass")
    assert plane.until(execution_id, X.RUNNING) is X.RUNNING
    cancel(plane.services, plane.execution(execution_id))
    assert plane.until(execution_id, X.CANCELLED, timeout_s=5) is X.CANCELLED
    assert plane.execution(execution_id).cancel_requested_at is not None


def test_a_cell_is_cancelled_behind_others_and_never_runs(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path
) -> None:
    code = counting(tmp_path)
    ids = plane.submit(kernel.uid, "import time; time.sleep(1)", *(code % n for n in range(3)))
    plane.until(ids[0], X.RUNNING)
    assert cancel(plane.services, plane.execution(ids[2])).status == "cancelled"
    assert plane.until_ended(ids) == [X.SUCCEEDED, X.SUCCEEDED, X.CANCELLED, X.SUCCEEDED]
    assert ran(tmp_path) == [0, 2]


def test_the_rest_of_a_batch_is_skipped_after_a_failure(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path
) -> None:
    code = counting(tmp_path)
    ids = plane.submit(kernel.uid, code % 1, "1 / 0", code % 2, batch_id="b", stop_on_error=True)
    assert plane.until_ended(ids) == [X.SUCCEEDED, X.FAILED, X.SKIPPED]
    assert ran(tmp_path) == [1]


def test_people_overtake_batches_and_both_keep_their_order(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path
) -> None:
    code = counting(tmp_path)
    first = plane.submit(kernel.uid, "import time; time.sleep(0.5)")
    batch = plane.submit(kernel.uid, *(code % n for n in range(10, 15)), interactive=False)
    people = plane.submit(kernel.uid, *(code % n for n in range(5)))
    plane.until_ended([*first, *batch, *people])
    assert ran(tmp_path) == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]


def test_a_cell_for_variables_that_are_gone_fails_and_the_next_one_runs(
    plane: ControlPlane, kernel: KernelUnderTest
) -> None:
    before = plane.kernel(kernel.uid).generation
    ids = plane.submit(kernel.uid, "import os; os._exit(3)", "2")
    assert plane.until_ended(ids) == [X.FAILED, X.FAILED]
    error = plane.execution(ids[1]).error
    assert error is not None
    assert error["type"] == "NamespaceLost"
    wait_until(lambda: plane.kernel(kernel.uid).generation != before, 5, "the new generation")
    ids = plane.submit(kernel.uid, "2")
    assert plane.until_ended(ids) == [X.SUCCEEDED]


def test_output_of_a_long_cell_is_kept_while_it_runs(plane: ControlPlane, kernel: KernelUnderTest) -> None:
    some, more = "print('x' * 300_000, flush=True)", "print('y' * 300_000)"
    code = f"import time\n{some}\ntime.sleep(1)\n{more}\ntime.sleep(60)"
    (execution_id,) = plane.submit(kernel.uid, code)
    wait_until(lambda: texts(plane, execution_id), 10, "a part of the output")
    assert plane.status(execution_id) is X.RUNNING
    cancel(plane.services, plane.execution(execution_id))
    plane.until(execution_id, X.CANCELLED)


def test_pages_are_told_of_changes(plane: ControlPlane, kernel: KernelUnderTest) -> None:
    before: Any = plane.server.admin.xinfo_stream(keys.WAKE)
    plane.until_ended(plane.submit(kernel.uid, "1"))

    def told() -> bool:
        found: Any = plane.server.admin.xrange(keys.WAKE, min=b"(" + before["last-generated-id"])
        return len(found) >= 1 and all(fields == {b"kernel": kernel.uid.encode()} for _, fields in found)

    # Not more than ten times a second: who is told looks a moment later.
    wait_until(told, 5, "word of it")


def test_a_message_delivered_twice_runs_once(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path
) -> None:
    queue = f"kernel.{kernel.uid}"
    code = counting(tmp_path) + "; import time; time.sleep(0.3)"
    hold = plane.submit(kernel.uid, "import time; time.sleep(0.5)")
    plane.until(hold[0], X.RUNNING)
    (execution_id,) = plane.submit(kernel.uid, code % 1)
    message = plane.queue(kernel.uid)[0]
    plane.server.admin.lpush(queue, message)  # before it runs
    plane.until(execution_id, X.RUNNING)
    plane.server.admin.lpush(queue, message)  # while it runs
    plane.until_ended([execution_id])
    plane.server.admin.lpush(queue, message)  # after it ran
    plane.until_ended(plane.submit(kernel.uid, "1"))
    assert ran(tmp_path) == [1]
    assert plane.status(execution_id) is X.SUCCEEDED
