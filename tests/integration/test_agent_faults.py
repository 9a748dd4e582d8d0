"""What a kernel says and keeps when parts of it, or Redis, die in the middle of a cell."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from broker_config.wire.events import Ready, RunnerEnded
from broker_config.wire.messages import Acknowledge, Epoch, Kill
from broker_config.wire.states import ExecutionState as X
from tests.integration.kernel_fixture import GB, LIMITS, KernelUnderTest, running_kernel, text_of
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

SLEEPER = "import time\nprint('begun', flush=True)\nfor n in range(200): time.sleep(0.01)\nprint('end')"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def kernel(server: RedisServer) -> Iterator[KernelUnderTest]:
    with running_kernel(server) as kernel:
        yield kernel


def ended_reason(kernel: KernelUnderTest, before: int) -> str:
    """The sentence of the RunnerEnded that came after ``before`` of them."""
    ended = wait_until(lambda: kernel.bodies(RunnerEnded)[before:], 10, "RunnerEnded")
    assert len(ended) == 1
    return f"{ended[0].reason}: {ended[0].message}"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import os; os.abort()", "SIGABRT"),
    ],
)
def test_a_runner_that_dies_fails_its_cell_by_name_and_the_next_one_runs(
    kernel: KernelUnderTest, code: str, words: str
) -> None:
    epoch = Epoch(kernel.run("1").generation, 0)
    before = len(kernel.bodies(RunnerEnded))
    result = kernel.run(code)
    assert result.status is X.FAILED
    assert result.error is not None
    assert result.error.type == "RunnerDied"
    assert words in result.error.message
    assert words in ended_reason(kernel, before)
    lost = kernel.run("1", epoch=epoch)
    assert lost.error is not None
    assert lost.error.type == "NamespaceLost"
    assert words in lost.error.message
    assert kernel.run("1").status is X.SUCCEEDED


def test_a_killed_runner_is_replaced_also_when_idle(kernel: KernelUnderTest) -> None:
    before, ready = len(kernel.bodies(RunnerEnded)), len(kernel.bodies(Ready))
    os.kill(kernel.runner_pid, signal.SIGKILL)
    assert "SIGKILL" in ended_reason(kernel, before)
    kernel.wait_ready(ready)
    assert kernel.run("1").status is X.SUCCEEDED


def test_children_of_a_dead_runner_are_ended(kernel: KernelUnderTest) -> None:
    code = """
import os, subprocess
child = subprocess.Popen(['sleep', '300'], start_new_session=True)
print(child.pid)
"""
    child = int(text_of(kernel.run(code)))
    kernel.run("import os; os._exit(0)")
    wait_until(lambda: not psutil.pid_exists(child), 5, "the child's end")


def test_a_kill_ends_a_cell_that_swallows_interrupts(kernel: KernelUnderTest) -> None:
    code = "print('on', flush=True)\nwhile True:\n  try:\n    while True: pass\n  except BaseException: pass"
    execution_id = kernel.send(code)
    kernel.until_printed(execution_id, "on")
    kernel.tell(Kill(execution_id))
    result = kernel.result(execution_id, 5)
    assert result.status is X.CANCELLED
    assert result.error is not None
    assert "on request" in result.error.message
    assert kernel.run("1").status is X.SUCCEEDED


def test_a_timeout_kills_a_cell_that_cannot_be_interrupted(kernel: KernelUnderTest) -> None:
    # One call of C that never looks at signals.
    result = kernel.result(kernel.send("sum(iter(int, 1))", timeout_s=0.3), 20)
    assert result.status is X.TIMED_OUT
    assert result.error is not None
    assert "did not stop when interrupted" in result.error.message


def test_a_cell_is_adopted_when_its_agent_dies(kernel: KernelUnderTest) -> None:
    runner = kernel.runner_pid
    execution_id = kernel.send(SLEEPER)
    kernel.until_printed(execution_id, "begun")
    os.kill(kernel.agent_pid, signal.SIGKILL)
    result = kernel.result(execution_id)
    assert result.status is X.SUCCEEDED
    assert text_of(result) == "begun\nend\n"
    assert kernel.runner_pid == runner
    numbers = [event.seq for event in kernel.events(execution_id, "out")]
    assert numbers == sorted(set(numbers))
    assert kernel.run("1").status is X.SUCCEEDED


def test_a_runner_that_dies_together_with_the_agent_fails_the_cell(kernel: KernelUnderTest) -> None:
    execution_id = kernel.send(SLEEPER)
    kernel.until_printed(execution_id, "begun")
    agent, runner = kernel.agent_pid, kernel.runner_pid
    os.kill(agent, signal.SIGKILL)
    os.kill(runner, signal.SIGKILL)
    result = kernel.result(execution_id)
    assert result.status is X.FAILED
    assert result.error is not None
    assert "SIGKILL" in result.error.message
    assert text_of(result) == "begun\n"
    assert kernel.run("1").status is X.SUCCEEDED


def test_redis_killed_in_the_middle_of_a_cell_loses_nothing(kernel: KernelUnderTest) -> None:
    execution_id = kernel.send(SLEEPER)
    kernel.until_printed(execution_id, "begun")
    kernel.server.restart()
    result = kernel.result(execution_id, 20)
    assert result.status is X.SUCCEEDED
    assert text_of(result) == "begun\nend\n"
    assert kernel.run("1", 20).status is X.SUCCEEDED


def test_redis_that_is_away_for_longer_holds_nothing_up_for_good(kernel: KernelUnderTest) -> None:
    execution_id = kernel.send("import time\nprint('begun', flush=True)\ntime.sleep(0.5)\nopen('done', 'w')")
    kernel.until_printed(execution_id, "begun")
    kernel.server.kill()
    try:
        wait_until((kernel.folder / "runner" / "done").exists, 5, "the cell's end")
    finally:
        kernel.server.start()
    assert kernel.result(execution_id, 20).status is X.SUCCEEDED
    kernel.tell(Acknowledge([execution_id]))


def test_a_runner_over_its_memory_is_named_out_of_memory(server: RedisServer) -> None:
    limits = replace(LIMITS, memory_bytes=600_000_000)
    with running_kernel(server, limits=limits) as kernel:
        # Shared memory: RLIMIT_DATA, which raises MemoryError for the rest, does not see it.
        code = "import mmap, time; held = mmap.mmap(-1, 900_000_000)"
        fill = "for n in range(0, 900_000_000, 4096): held[n] = 1"
        result = kernel.run(f"{code}\n{fill}\ntime.sleep(5)")
        assert result.status is X.FAILED
        assert result.error is not None
        assert result.error.type == "OutOfMemory"
        assert "the limit is 0.60 GB" in result.error.message
        assert kernel.run("1").status is X.SUCCEEDED


def test_a_runner_over_its_cgroup_is_named_out_of_memory(server: RedisServer, tmp_path: Path) -> None:
    root = Path("/sys/fs/cgroup/memory")
    if not os.access(root / "memory.limit_in_bytes", os.W_OK) or os.geteuid() != 0:
        pytest.skip("no writable memory cgroup")
    cgroup = root / f"husk-test-{os.getpid()}"
    cgroup.mkdir()
    try:
        (cgroup / "memory.limit_in_bytes").write_text("300000000")
        limits = replace(LIMITS, memory_bytes=300_000_000)
        with running_kernel(server, limits=limits, cgroup=str(cgroup)) as kernel:
            result = kernel.run("held = bytearray(1_000_000_000)")
            assert result.error is not None
            assert result.error.type == "OutOfMemory"
            assert "the limit is 0.30 GB, peak 0.30 GB" in result.error.message
            assert kernel.run("1").status is X.SUCCEEDED
            assert 1_000_000 < kernel.pulse().memory_bytes < 300_000_000
    finally:
        wait_until(lambda: not (cgroup / "cgroup.procs").read_text(), 10, "an empty cgroup")
        cgroup.rmdir()


def test_a_kernel_killed_as_a_whole_tells_the_truth_when_it_is_started_again(server: RedisServer) -> None:
    with running_kernel(server) as kernel:
        execution_id = kernel.send(SLEEPER)
        kernel.until_printed(execution_id, "begun")
        family = psutil.Process(kernel.init_pid).children(recursive=True)
        kernel.kill()
        wait_until(lambda: not [p for p in family if p.is_running()], 5, "the family's end")
        kernel.start()
        result = kernel.result(execution_id)
        assert result.status is X.LOST
        assert text_of(result) == "begun\n"
        assert not kernel.bodies(RunnerEnded)
        assert kernel.run("1").status is X.SUCCEEDED


def test_a_gigabyte_printed_passes_with_flat_memory(server: RedisServer) -> None:
    limits = replace(LIMITS, memory_bytes=2 * GB, stream_full_bytes=1_048_576)
    with running_kernel(server, limits=limits) as kernel:
        size = 100_000_000
        code = f"line = 'x' * 999_999\nfor n in range({size // 1_000_000}): print(line)"
        agent = psutil.Process(kernel.agent_pid)
        kernel.run("1")
        before = agent.memory_info().rss
        execution_id = kernel.send(code)
        peak = before
        while kernel.finished(execution_id) is None:
            peak = max(peak, agent.memory_info().rss)
            kernel.until_started(execution_id)
        assert kernel.result(execution_id).truncated[0].total_bytes == size
        assert peak - before < 40_000_000
