"""A real kernel driven over a real Redis: executions, their streams, and what Celery shows of them."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_config import keys
from broker_config.celery_app import producer_options
from broker_config.queues import CELL_HEADER, EXECUTE_TASK, kernel_queue
from broker_config.wire.events import Answer, JournalReport
from broker_config.wire.messages import Acknowledge, Ask, Epoch, Interrupt, ReportJournal
from broker_config.wire.names import new_execution_id
from broker_config.wire.states import ExecutionState as X
from kernel_worker.agent.journal import State
from tests.integration.kernel_fixture import KernelUnderTest, running_kernel, text_of
from tests.integration.redis_server import RedisServer, binaries
from tests.waiting import wait_until


@pytest.fixture(scope="module", params=sorted(binaries()))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"), binaries()[request.param])
    yield server
    server.kill()


@pytest.fixture(scope="module")
def kernel(server: RedisServer) -> Iterator[KernelUnderTest]:
    with running_kernel(server) as kernel:
        yield kernel


def test_a_cell_runs_and_its_streams_tell_it_in_order(kernel: KernelUnderTest) -> None:
    execution_id = kernel.send("print('seen')\n6 * 7")
    result = kernel.result(execution_id)
    assert result.status is X.SUCCEEDED
    assert [item.kind for item in result.items] == ["stream", "display"]
    assert text_of(result) == "seen\n"
    assert result.items[1].data is not None
    assert result.items[1].data["text/plain"] == "42"
    assert kernel.types(execution_id) == ["started", "finished"]
    assert kernel.types(execution_id, "out") == ["started", "stream", "display", "finished"]
    numbers = [event.seq for event in kernel.events(execution_id, "out")]
    assert numbers == sorted(set(numbers))
    assert result.started_at is not None
    assert result.finished_at is not None
    assert result.started_at <= result.finished_at


def test_variables_outlive_a_cell(kernel: KernelUnderTest) -> None:
    kernel.run("kept = 5")
    result = kernel.run("print(kept)")
    assert text_of(result) == "5\n"


def test_a_failed_cell_is_failure_in_celery_and_shows_no_code(kernel: KernelUnderTest) -> None:
    seen: list[dict[str, Any]] = []
    ready = threading.Event()
    with kernel.app.connection_for_read() as connection:
        receiver = kernel.app.events.Receiver(connection, handlers={"*": seen.append})

        def capture() -> None:
            ready.set()
            try:
                receiver.capture(limit=None, timeout=10, wakeup=False)
            except (TimeoutError, OSError):
                return

        thread = threading.Thread(target=capture, daemon=True)
        thread.start()
        ready.wait(5)
        wait_until(lambda: kernel.server.admin.pubsub_numpat() > 1, 5, "the event receiver")
        execution_id = kernel.send("hidden_word = 1\nraise KeyError('hidden_word')")
        result = kernel.result(execution_id)
        failed = wait_until(lambda: [e for e in seen if e["type"] == "task-failed"], 5, "task-failed")
        receiver.should_stop = True
        thread.join(12)
    assert result.status is X.FAILED
    assert result.error is not None
    assert result.error.type == "KeyError"
    assert failed[0]["uuid"] == execution_id
    assert "CellFailed" in failed[0]["exception"]
    assert "KeyError" in failed[0]["exception"]
    assert "hidden_word" not in repr(seen)
    received = next(e for e in seen if e["type"] == "task-received" and e["uuid"] == execution_id)
    assert "under-test" in received["kwargs"]


def test_a_message_delivered_twice_runs_once(kernel: KernelUnderTest) -> None:
    cell = kernel.cell("count = globals().get('count', 0) + 1\nprint('count', count)")
    kernel.send_cell(cell)
    kernel.send_cell(cell)
    kernel.result(cell.execution_id)
    kernel.send_cell(cell)
    assert text_of(kernel.run("print(count)")) == "1\n"
    assert kernel.types(cell.execution_id).count("finished") == 1


def test_an_execution_that_was_cancelled_while_queued_is_not_run(kernel: KernelUnderTest) -> None:
    cell = kernel.cell("never = 1")
    kernel.server.admin.set(keys.claim(kernel.uid, cell.execution_id), "cancelled", nx=True, ex=60)
    kernel.send_cell(cell)
    assert text_of(kernel.run("print('never' in globals())")) == "False\n"
    assert kernel.types(cell.execution_id) == []


def test_an_interrupt_cancels_the_named_cell_and_keeps_variables(kernel: KernelUnderTest) -> None:
    kernel.run("kept = 7")
    execution_id = kernel.send("print('on', flush=True)\nwhile True: pass")
    kernel.until_printed(execution_id, "on")
    kernel.tell(Interrupt(execution_id))
    assert kernel.result(execution_id, 5).status is X.CANCELLED
    assert text_of(kernel.run("print(kept)")) == "7\n"


def test_a_cell_over_its_time_is_interrupted_and_named_timed_out(kernel: KernelUnderTest) -> None:
    result = kernel.run("import time\nwhile True: time.sleep(0.01)", timeout_s=0.5)
    assert result.status is X.TIMED_OUT
    assert result.error is not None
    assert result.error.type == "TimedOut"


def test_the_rest_of_a_batch_is_skipped_after_a_failure(kernel: KernelUnderTest) -> None:
    batch = {"batch_id": "batch-1", "stop_on_error": True}
    first = kernel.send("raise ValueError", **batch)
    second = kernel.send("after = 1", **batch)
    assert kernel.result(first).status is X.FAILED
    assert kernel.result(second).status is X.SKIPPED
    assert text_of(kernel.run("print('after' in globals())")) == "False\n"


def test_a_cell_written_for_a_namespace_that_is_gone_is_not_run(kernel: KernelUnderTest) -> None:
    result = kernel.run("unwanted = 1", epoch=Epoch("another-generation", 0))
    assert result.status is X.FAILED
    assert result.error is not None
    assert result.error.type == "NamespaceLost"
    assert "nothing was run" in result.error.message
    assert text_of(kernel.run("print('unwanted' in globals())", epoch=kernel.epoch())) == "False\n"


def test_a_persons_cell_overtakes_waiting_batch_work(kernel: KernelUnderTest) -> None:
    busy = kernel.send("import time; time.sleep(0.7)")
    kernel.until_started(busy)
    batch = [kernel.send(f"order = [*globals().get('order', []), {n}]", interactive=False) for n in range(2)]
    person = kernel.send("order = ['person']")
    for execution_id in (*batch, person):
        kernel.result(execution_id)
    assert text_of(kernel.run("print(order)")) == "['person', 0, 1]\n"


def test_a_message_that_cannot_be_read_ends_as_failed_and_the_kernel_goes_on(kernel: KernelUnderTest) -> None:
    execution_id = new_execution_id(kernel.uid)
    kernel.app.send_task(
        EXECUTE_TASK,
        queue=kernel_queue(kernel.uid),
        headers={CELL_HEADER: {"code": 5}},
        **producer_options(execution_id, "under-test", None, None),
    )
    kernel.server.admin.lpush(kernel_queue(kernel.uid), "not a message")
    kernel.server.admin.rpush(keys.ctl(kernel.uid), "not json", '{"type": "shutdown"}')
    result = kernel.result(execution_id)
    assert result.status is X.FAILED
    assert result.error is not None
    assert result.error.type == "BadMessage"
    assert kernel.run("1").status is X.SUCCEEDED


def test_a_question_is_answered_while_a_cell_runs(kernel: KernelUnderTest) -> None:
    busy = kernel.send("import time; time.sleep(1)")
    kernel.until_started(busy)
    kernel.tell(Ask("question-1", "ping", {}))
    answers = wait_until(lambda: kernel.bodies(Answer, "out"), 5, "answer")
    assert answers[-1].request == "question-1"
    assert answers[-1].error is None
    assert answers[-1].data["execution_id"] == busy
    assert kernel.finished(busy) is None
    kernel.result(busy)


def test_the_pulse_says_what_runs_and_how_much_memory_it_takes(kernel: KernelUnderTest) -> None:
    busy = kernel.send("import time; time.sleep(2.2)")
    kernel.until_started(busy)
    wait_until(lambda: kernel.pulse().execution_id == busy, 5, "busy pulse")
    pulse = kernel.pulse()
    assert 20_000_000 < pulse.memory_bytes < pulse.memory_limit_bytes == kernel.limits.memory_bytes
    assert kernel.server.admin.xlen(keys.pulse(kernel.uid)) <= keys.PULSE_MAX_ENTRIES
    kernel.result(busy)
    wait_until(lambda: kernel.pulse().execution_id is None, 5, "idle pulse")


@pytest.mark.parametrize("code", ["1", "print('long enough for a file of its own' * 500)"])
def test_results_are_kept_until_acknowledged_and_reported_when_asked(
    kernel: KernelUnderTest, code: str
) -> None:
    execution_id = kernel.send(code)
    kernel.result(execution_id)

    def kept() -> list[str]:
        """As the next agent would find it."""
        state = State()
        for line in (kernel.folder / "agent" / "journal.jsonl").read_text().splitlines():
            state.apply(json.loads(line))
        return [*state.unacknowledged]

    assert execution_id in kept()
    epoch = f"epoch-{len(code)}"
    kernel.tell(ReportJournal(epoch))

    def reports() -> list[JournalReport]:
        return [one for one in kernel.bodies(JournalReport) if one.epoch == epoch]

    assert execution_id in wait_until(reports, 5, "report")[-1].claimed
    wait_until(lambda: kernel.types(execution_id).count("finished") == 2, 5, "sent again")
    kernel.tell(Acknowledge([execution_id]))
    wait_until(lambda: execution_id not in kept(), 5, "forgotten")
    wait_until(lambda: not list((kernel.folder / "agent" / "spool").glob("*.json")), 5, "no file is left")


def test_a_flood_is_kept_as_head_and_tail_with_a_bounded_live_stream(kernel: KernelUnderTest) -> None:
    execution_id = kernel.send("for n in range(60_000): print(n, '.' * 40)")
    result = kernel.result(execution_id, 30)
    stream = kernel.limits.stream_head_bytes
    assert [item.kind for item in result.items] == ["stream", "skipped", "stream"]
    assert (result.items[0].text or "").startswith("0 ")
    assert (result.items[2].text or "").endswith("59999 " + "." * 40 + "\n")
    assert result.truncated[0].total_bytes > result.truncated[0].kept_bytes
    live = [e.body for e in kernel.events(execution_id, "out") if e.type == "stream"]
    shown = sum(len(body.text) for body in live)
    assert shown < 6 * stream
    assert shown + sum(body.skipped_bytes for body in live) == result.truncated[0].total_bytes


def test_celery_answers_pings_and_obeys_no_shutdown(kernel: KernelUnderTest) -> None:
    name = f"{kernel.uid}@kernel"
    assert kernel.app.control.inspect([name], timeout=2).ping() == {name: {"ok": "pong"}}
    kernel.app.control.broadcast("shutdown", destination=[name])
    kernel.app.control.broadcast("pool_shrink", arguments={"n": 1}, destination=[name])
    assert kernel.run("1").status is X.SUCCEEDED
    assert kernel.app.control.inspect([name], timeout=2).ping() == {name: {"ok": "pong"}}


def events_of_celery(kernel: KernelUnderTest) -> Iterator[dict[str, Any]]:
    """What Flower is told about a kernel, as it comes; ends after 10 s."""
    name, until = f"{kernel.uid}@kernel", time.monotonic() + 10
    with kernel.server.admin.pubsub(ignore_subscribe_messages=True) as channel:
        channel.psubscribe("/0.celeryev/*")
        channel.get_message(timeout=5)
        yield {}  # subscribed
        while time.monotonic() < until:
            message = channel.get_message(timeout=1)
            if message is not None:
                told = json.loads(base64.b64decode(json.loads(message["data"])["body"]))
                yield from (e for e in (told if isinstance(told, list) else [told]) if e["hostname"] == name)


def test_a_long_cell_is_shown_as_running_on_a_worker_that_is_there(kernel: KernelUnderTest) -> None:
    events = events_of_celery(kernel)
    next(events)
    busy = kernel.send("while True: pass")
    assert any(event["type"] == "task-started" and event["uuid"] == busy for event in events)
    beat = next(event for event in events if event["type"] == "worker-heartbeat")
    assert beat["active"] == 1
    waiting = kernel.send("1")
    assert kernel.server.admin.llen(kernel_queue(kernel.uid)) == 1
    kernel.tell(Interrupt(busy))
    assert kernel.result(busy).status is X.CANCELLED
    assert kernel.result(waiting).status is X.SUCCEEDED
    name = f"{kernel.uid}@kernel"
    assert kernel.app.control.inspect([name], timeout=2).ping() == {name: {"ok": "pong"}}


def test_no_secret_is_in_the_log(kernel: KernelUnderTest) -> None:
    assert kernel.boot().broker.password not in kernel.log


def test_the_runner_finds_no_credential(kernel: KernelUnderTest) -> None:
    code = """
import os
words = [open(f'/proc/{pid}/cmdline').read() + open(f'/proc/{pid}/environ', errors='replace').read()
         for pid in ('self', os.getppid())]
print('kernel-password-of-tests' in repr(words), sorted(os.environ))
"""
    text = text_of(kernel.run(code))
    assert text.startswith("False ")
    assert "HUSK" not in text


def test_folders_are_closed_to_others(kernel: KernelUnderTest) -> None:
    for name in ("agent", "runner", "shared"):
        assert Path(kernel.folder / name).stat().st_mode & 0o777 == 0o700


def test_celery_and_the_agent_ask_redis_for_nothing_that_they_may_not(kernel: KernelUnderTest) -> None:
    kernel.run("1")
    denied = kernel.server.admin.execute_command("ACL", "LOG")
    objects = {
        bytes(entry[b"object"]) for entry in denied if entry[b"reason"] in {b"command", b"key", b"channel"}
    }
    # Clients of Redis 7.2 and later introduce themselves and go on when that is refused.
    assert objects <= {b"client|setinfo"}
