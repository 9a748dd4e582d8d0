"""Threads of the agent that fail: told without values, begun again; the process ends when that repeats."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kombu.asynchronous import Hub

from broker_config.wire.errors import Unavailable
from broker_config.wire.events import Event, Finished, unpack
from broker_config.wire.messages import Limits
from broker_config.wire.states import ExecutionState
from kernel_worker.agent import execution, guard, recovery
from kernel_worker.agent.execution import Executor
from kernel_worker.agent.guard import MOST_FAILURES, guarded, once
from kernel_worker.agent.journal import Claim, Journal
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.recording import Tools
from kernel_worker.agent.recovery import Recoverer
from kernel_worker.agent.relay_lock import RelayLock
from kernel_worker.agent.reporter import Reporter
from kernel_worker.agent.threads import Threads
from kernel_worker.agent.verdicts import KillReason

SECRET = "what a user wrote"


def never() -> None:
    raise AssertionError("the process was ended")


def test_a_body_that_fails_is_told_without_values_and_begins_again(caplog: pytest.LogCaptureFixture) -> None:
    waited: list[float] = []
    left = [ValueError(SECRET), KeyError(SECRET), SystemExit(SECRET)]

    def body() -> None:
        if left:
            raise left.pop()

    guarded("control", body, waited.append, never)()
    assert waited == [guard.AGAIN_S] * 3
    assert [r.levelno for r in caplog.records] == [logging.ERROR] * 3
    assert "thread control failed: SystemExit at body:" in caplog.text
    assert SECRET not in caplog.text


def test_a_body_that_goes_on_failing_ends_the_process() -> None:
    ended: list[bool] = []
    failed: list[bool] = []

    def body() -> None:
        failed.append(True)
        raise ZeroDivisionError

    guarded("pulse", body, lambda _: None, lambda: ended.append(True))()
    assert (len(failed), ended) == (MOST_FAILURES, [True])


def test_failures_that_are_far_apart_do_not_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("kernel_worker.agent.guard.time.monotonic", lambda: now[0])
    left = list(range(3 * MOST_FAILURES))

    def body() -> None:
        now[0] += guard.WITHIN_S
        if left:
            left.pop()
            raise ZeroDivisionError

    guarded("pulse", body, lambda _: None, never)()
    assert not left


def test_a_job_done_once_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    def job() -> None:
        raise ValueError(SECRET)

    once("a second interrupt", job)
    assert "a second interrupt failed: ValueError" in caplog.text
    assert SECRET not in caplog.text


def test_every_thread_of_the_agent_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    started: dict[str, Any] = {}

    class Watched(threading.Thread):
        def __init__(self, target: Any, name: str, daemon: bool) -> None:
            super().__init__(daemon=daemon)
            started[name] = target

        def start(self) -> None:
            """Not here."""

    monkeypatch.setattr("threading.Thread", Watched)
    anything: Any = type(
        "Anything", (), {"__getattr__": lambda self, _: self, "__call__": lambda self, *_: self}
    )()
    threads = Threads.__new__(Threads)
    for name in ("_tools", "_gauge", "_said", "_runner", "_resending", "_recoverer", "_stopped"):
        setattr(threads, name, anything)
    anything.kernel.boot.__class__.cgroup = None
    threads.start()
    Reporter(1.0).start()
    Publisher(anything, "K").put("{}", out=True, events=False)
    names = {"runner-control", "control", "pulse", "recovery", "resending", "stopping", "memory"}
    assert set(started) == names | {"publisher", "reporter"}
    assert {target.__qualname__ for target in started.values()} == {"guarded.<locals>.run"}


def test_the_loop_is_woken_by_a_stop_after_every_reconnection() -> None:
    woken, wake = os.pipe()
    consumer: Any = type("Consumer", (), {"hub": Hub(), "event_dispatcher": type("Dispatcher", (), {})()})()
    step = Reporter(1.0, woken).step()(consumer)
    for _ in range(2):
        step.start(consumer)
        assert woken in consumer.hub.readers
        consumer.hub.reset()  # as Celery's loop does when its connection ends
        assert not consumer.hub.readers
    os.close(woken)
    os.close(wake)


class Sent(Publisher):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, payload: str, **_: Any) -> bool:
        self.events.append(unpack(payload))
        return True

    @contextmanager
    def sending(self, payload: str) -> Iterator[None]:
        self.put(payload)
        yield


class KernelOfTests:
    """Paths, and an init that knows no runner's end and remembers whom it killed."""

    def __init__(self, folder: Path) -> None:
        self.uid, self.spool, self.lock_path = "K", folder, folder / "lock"
        self.boot: Any = type("Boot", (), {"limits": Limits(1, 1.0, 1, 100, 100, 100)})()
        self.init: Any = self
        self.killed: list[tuple[str, str]] = []

    def kill(self, generation: str, reason: str) -> bool:
        self.killed.append((generation, reason))
        return True


def tools_with_an_open_claim(folder: Path) -> tuple[Tools, KernelOfTests, Sent]:
    nothing: Any = None
    kernel: Any = KernelOfTests(folder)
    sent, journal = Sent(), Journal(folder / "journal", folder)
    journal.claim(Claim("x", "g", 1.0, batch_id="b"))
    journal.begin("x")
    return Tools(kernel, nothing, nothing, sent, journal, nothing, nothing, nothing), kernel, sent


def test_an_agent_does_not_wait_for_ever_for_what_nobody_settles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "UNSETTLED_S", 0.2)
    tools, kernel, _sent = tools_with_an_open_claim(tmp_path)
    ended: list[bool] = []
    executor = Executor(tools, lambda: ended.append(True))
    cell: Any = None
    other = RelayLock(kernel.lock_path)
    assert other.try_take()
    # Somebody settles it, however long that takes, until the lock is given up.
    giving_up = threading.Timer(0.5, other.release)
    giving_up.start()
    with pytest.raises(Unavailable):
        executor.execute(cell)
    assert not giving_up.is_alive()
    assert ended == [True]


def test_a_claim_that_cannot_be_settled_is_closed_after_a_few_tries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tools, kernel, sent = tools_with_an_open_claim(tmp_path)
    recoverer = Recoverer(tools, lambda: None)

    def broken(_claim: Claim) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(recoverer, "_settle", broken)
    for _ in range(recovery.TRIES):
        assert list(tools.journal.read().open) == ["x"]
        recoverer.settle()
    state = tools.journal.read()
    assert (list(state.open), list(state.unacknowledged), list(state.failed_batches)) == ([], ["x"], ["b"])
    assert kernel.killed == [("g", KillReason.STUCK)]
    (event,) = sent.events
    assert event.execution_id == "x"
    assert isinstance(event.body, Finished)
    assert event.body.result.status is ExecutionState.LOST
    assert SECRET not in caplog.text
