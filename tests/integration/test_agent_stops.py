"""What a cell is told that runs when its kernel is stopped: by Husk, or from outside."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from broker_config.wire.events import ExecutionResult
from broker_config.wire.messages import Interrupt, Shutdown
from broker_config.wire.states import ExecutionState as X
from kernel_worker.init import ending
from tasks.runtimes import base
from tests.integration.kernel_fixture import KernelUnderTest, running_kernel, text_of
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

BUSY = "print('on', flush=True)\nwhile True: pass"
# One call of C that never looks at signals.
DEAF = "print('on', flush=True)\nsum(iter(int, 1))"
FOR_PEOPLE = ("stopped from outside", "not by anybody through Husk", "is kept", "start the kernel")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def kernel(server: RedisServer) -> Iterator[KernelUnderTest]:
    with running_kernel(server) as kernel:
        yield kernel


def begun(kernel: KernelUnderTest, code: str) -> str:
    """A cell that has printed."""
    execution_id = kernel.send(code)
    kernel.until_printed(execution_id, "on")
    return execution_id


def outside(result: ExecutionResult) -> bool:
    """Whether it is told that the stop came from outside, what was kept and what to do."""
    assert result.status is X.FAILED
    assert result.error is not None
    assert result.error.type == "KernelStopped"
    assert text_of(result) == "on\n"
    return all(words in result.error.message for words in FOR_PEOPLE)


def test_a_stop_cancels_what_runs_and_leaves_nothing(kernel: KernelUnderTest) -> None:
    execution_id = begun(kernel, BUSY)
    waiting = kernel.send("1")
    family = psutil.Process(kernel.init_pid).children(recursive=True)
    assert kernel.stop() == 128 + signal.SIGTERM
    assert kernel.result(execution_id, 1).status is X.CANCELLED
    assert not [process for process in family if process.is_running()]
    assert kernel.start() is not None
    assert kernel.result(waiting).status is X.SUCCEEDED


@pytest.mark.parametrize("code", [BUSY, DEAF])
def test_a_stop_from_outside_fails_what_runs_and_says_so(kernel: KernelUnderTest, code: str) -> None:
    execution_id = begun(kernel, code)
    assert kernel.stop(asked=False) == 128 + signal.SIGTERM
    assert outside(kernel.result(execution_id, 1))


def test_a_cell_that_does_not_listen_is_cancelled_by_a_stop(kernel: KernelUnderTest) -> None:
    execution_id = begun(kernel, DEAF)
    kernel.stop()
    result = kernel.result(execution_id, 1)
    assert result.status is X.CANCELLED
    assert result.error is not None
    assert "the kernel was stopped; the variables" in result.error.message


@pytest.mark.parametrize("asked", [True, False])
def test_who_stopped_it_is_known_without_redis(server: RedisServer, asked: bool) -> None:
    with running_kernel(server) as kernel:
        execution_id = begun(kernel, BUSY)
        server.kill()
        kernel.stop(asked=asked)
        server.start()
        kernel.start()
        result = kernel.result(execution_id)
        assert result.status is X.CANCELLED if asked else outside(result)


def test_a_person_who_cancelled_first_is_told_cancelled(kernel: KernelUnderTest) -> None:
    execution_id = begun(kernel, DEAF)
    kernel.tell(Interrupt(execution_id))
    wait_until(lambda: not kernel.server.admin.exists(f"kernel:{kernel.uid}:ctl"), 5, "it is read")
    kernel.stop(asked=False)
    assert kernel.result(execution_id, 1).status is X.CANCELLED


def test_a_message_on_the_control_list_is_a_stop_by_husk(kernel: KernelUnderTest) -> None:
    execution_id = begun(kernel, BUSY)
    kernel.tell(Shutdown("a test"))
    assert kernel.result(execution_id).status is X.CANCELLED
    assert kernel.process is not None
    assert kernel.process.wait(15) == 0


def test_an_agent_that_somebody_ends_alone_was_not_stopped_by_husk(kernel: KernelUnderTest) -> None:
    kernel.run("kept = 41")
    execution_id = begun(kernel, BUSY)
    os.kill(kernel.agent_pid, signal.SIGTERM)
    error = kernel.result(execution_id).error
    assert error is not None
    assert error.type == "KernelStopped"
    assert "the kernel's agent was ended from outside" in error.message
    assert text_of(kernel.run("print(kept)")) == "41\n"


def test_an_announcement_alone_stops_nothing(kernel: KernelUnderTest) -> None:
    os.kill(kernel.init_pid, ending.ANNOUNCEMENT)
    assert kernel.run("1").status is X.SUCCEEDED


def test_both_sides_mean_the_same_signal() -> None:
    assert base.ANNOUNCEMENT == ending.ANNOUNCEMENT


def test_what_does_not_know_the_signal_is_not_harmed() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        process.send_signal(base.ANNOUNCEMENT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
