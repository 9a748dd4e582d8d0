"""Nothing accepted is lost, doubled or overtaken, whatever dies: counted inside a real kernel.

Each cell notes its number in a file. The oracle of every fault: all executions ended exactly once, as
succeeded; each ran exactly once; in the order of submission.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broker_config import keys
from broker_config.wire.states import ExecutionState as X
from broker_config.wire.states import KernelState
from tasks.closing import close_running, close_taken, drained
from tasks.outbox import repair
from tests.integration.control_plane import ControlPlane, control_plane, counting, ran, ready_kernel
from tests.integration.kernel_fixture import KernelUnderTest
from tests.integration.ledger_rows import add_cells
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

CELLS = 50
FROZEN_S = 5.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    yield server
    server.kill()


@pytest.fixture
def plane(server: RedisServer, tmp_path: Path) -> Iterator[ControlPlane]:
    (tmp_path / "plane").mkdir()
    with control_plane(server, tmp_path / "plane", "recorder") as plane:
        yield plane


@pytest.fixture
def kernel(plane: ControlPlane) -> Iterator[KernelUnderTest]:
    with ready_kernel(plane) as kernel:
        yield kernel


def moments(rounds: int) -> list[float]:
    """So many random moments within a queue's work, from a seed that is printed."""
    seed = int(os.environ.get("HUSK_SEED", "0")) or random.randrange(1, 2**31)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    rng = random.Random(seed)
    return [rng.uniform(0.05, 1.5) for _ in range(rounds)]


def held(
    plane: ControlPlane, uid: str, folder: Path, cells: int = CELLS, runs: str = "time.sleep(0.7)"
) -> list[str]:
    """One cell that runs for a moment, or as the code ``runs`` says, and more behind it."""
    first = plane.submit(uid, f"import os, time\n{runs}\n" + counting(folder) % 0)
    plane.until(first[0], X.RUNNING)
    code = counting(folder) + "; import time; time.sleep(0.01)"
    return first + plane.submit(uid, *(code % n for n in range(1, cells + 1)))


def judge(plane: ControlPlane, ids: list[str], folder: Path, timeout_s: float = 60) -> None:
    """The oracle; lifecycle's watcher of Redis and beat's ticks are played here."""
    at = 0.0

    def ended() -> bool:
        nonlocal at
        if time.monotonic() >= at:
            at = time.monotonic() + 0.5
            plane.watcher.try_check()
            plane.housekeeping.tick()
        return all(plane.execution(one).status not in {X.QUEUED.value, X.RUNNING.value} for one in ids)

    wait_until(ended, timeout_s, "the end of all")
    assert [plane.status(one) for one in ids] == [X.SUCCEEDED] * len(ids)
    assert ran(folder) == list(range(len(ids)))


def strike_often(rounds: int, strike: Callable[[], None]) -> None:
    """Strike at random moments."""
    for moment_s in moments(rounds):
        time.sleep(moment_s)
        strike()


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--rounds"))


def test_redis_killed_and_restarted(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path, rounds: int
) -> None:
    ids = held(plane, kernel.uid, tmp_path)
    strike_often(rounds, plane.server.restart)
    judge(plane, ids, tmp_path)


def test_redis_emptied(plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path) -> None:
    ids = held(plane, kernel.uid, tmp_path)
    plane.server.admin.flushall()
    # Accepted while nothing is in order yet: behind all that was lost.
    code = counting(tmp_path) % len(ids)
    ids += plane.submit(kernel.uid, code)
    judge(plane, ids, tmp_path)


def test_redis_emptied_at_random_moments(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path, rounds: int
) -> None:
    ids = held(plane, kernel.uid, tmp_path)

    def strike() -> None:
        plane.server.admin.flushall()
        plane.watcher.check()

    strike_often(rounds, strike)
    judge(plane, ids, tmp_path)


def test_redis_back_without_its_file(plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path) -> None:
    ids = held(plane, kernel.uid, tmp_path)
    plane.server.kill()
    for path in sorted((tmp_path / "redis").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    plane.server.start()
    judge(plane, ids, tmp_path)


def test_redis_frozen_for_five_seconds(plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path) -> None:
    ids = held(plane, kernel.uid, tmp_path)
    pid = int(plane.server.admin.info("server")["process_id"])  # type: ignore[index]
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(FROZEN_S)
    finally:
        os.kill(pid, signal.SIGCONT)
    judge(plane, ids, tmp_path)


def test_the_recorder_killed(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path, rounds: int
) -> None:
    ids = held(plane, kernel.uid, tmp_path)

    def strike() -> None:
        plane.kill("recorder")
        plane.start("recorder")

    strike_often(rounds, strike)
    judge(plane, ids, tmp_path)


def test_the_agent_killed(plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path, rounds: int) -> None:
    ids = held(plane, kernel.uid, tmp_path)
    strike_often(rounds, lambda: os.kill(kernel.agent_pid, signal.SIGKILL))
    wait = {X.QUEUED.value, X.RUNNING.value}

    def ended() -> bool:
        plane.housekeeping.tick()
        return all(plane.execution(one).status not in wait for one in ids)

    wait_until(ended, 90, "the end of all")
    # A cell that was claimed and not begun fails, and says that nothing was run.
    failed = {n for n, one in enumerate(ids) if plane.status(one) is X.FAILED}
    assert all("nothing was run" in str(plane.execution(ids[n]).error) for n in failed)
    numbers = ran(tmp_path)
    assert sorted(numbers) == [n for n in range(len(ids)) if n not in failed]
    # One that was popped and not yet claimed is sent again: what the agent popped next was quicker.
    overtaken = [n for at, n in enumerate(numbers) if any(m > n for m in numbers[:at])]
    assert len(failed) + len(overtaken) <= rounds


def test_web_dying_between_commit_and_publish(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path
) -> None:
    code = counting(tmp_path)
    ids = [add_cells(plane.services.ledger, kernel.uid, code=code % n)[0] for n in range(5)]
    ids += plane.submit(kernel.uid, code % 5)
    ids += [add_cells(plane.services.ledger, kernel.uid, code=code % n)[0] for n in range(6, 9)]
    judge(plane, ids, tmp_path)


def test_a_popped_message_that_nobody_claimed_comes_again(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path
) -> None:
    free = tmp_path / "free"
    ids = held(plane, kernel.uid, tmp_path, 3, f"while not os.path.exists({str(free)!r}): time.sleep(0.01)")
    plane.server.admin.rpop(f"kernel.{kernel.uid}")
    assert repair(plane.services, kernel.uid, due_s=0) == 1
    free.touch()
    judge(plane, ids, tmp_path)


def test_a_kernel_killed_as_a_whole_tells_the_truth_after_its_next_start(
    plane: ControlPlane, kernel: KernelUnderTest, tmp_path: Path
) -> None:
    (execution_id,) = plane.submit(kernel.uid, "import time; time.sleep(60)")
    behind = plane.submit(kernel.uid, counting(tmp_path) % 0, interactive=False)
    plane.until(execution_id, X.RUNNING)
    # All of its session at once, as the process runtime's kill does.
    os.killpg(kernel.init_pid, signal.SIGKILL)
    kernel.kill()
    wait_until(lambda: drained(plane.services, kernel.uid), 10, "drained events")
    plane.move(kernel.uid, KernelState.STOPPED)
    plane.housekeeping.tick()
    assert plane.status(execution_id) is X.RUNNING  # it is to start again, and will say
    plane.move(kernel.uid, KernelState.STARTING)
    kernel.start(wait=False)
    plane.until_ready(kernel.uid)
    assert plane.until_ended([execution_id, *behind]) == [X.LOST, X.SUCCEEDED]
    assert ran(tmp_path) == [0]


def test_what_a_dead_kernel_ran_is_lost_once_its_events_are_read(
    plane: ControlPlane, kernel: KernelUnderTest
) -> None:
    ids = plane.submit(kernel.uid, "import time; time.sleep(60)", "2", batch_id="b", stop_on_error=True)
    ids += plane.submit(kernel.uid, "3")
    plane.until(ids[0], X.RUNNING)
    os.killpg(kernel.init_pid, signal.SIGKILL)
    kernel.kill()
    wait_until(lambda: drained(plane.services, kernel.uid), 10, "drained events")
    assert close_running(plane.services, kernel.uid, "it died", "another generation") == 1
    assert [plane.status(one) for one in ids] == [X.LOST, X.SKIPPED, X.QUEUED]
    assert plane.execution(ids[0]).error == {
        "type": "KernelDied",
        "message": "it died",
        "traceback": [],
        "line": None,
    }
    assert close_running(plane.services, kernel.uid, "it died") == 0


def test_what_a_dead_kernel_had_taken_and_never_reported_is_lost_with_its_death(
    plane: ControlPlane, kernel: KernelUnderTest
) -> None:
    os.killpg(kernel.init_pid, signal.SIGKILL)
    kernel.kill()
    taken, cancelled, later, waits = plane.submit(kernel.uid, "1", "2", "3", "4")
    before = 1000 * (keys.CLAIM_TTL_S - 5)  # milliseconds left of a claim that is five seconds old
    redis = plane.server.admin
    redis.set(keys.claim(kernel.uid, taken), "a generation", px=before)
    redis.set(keys.claim(kernel.uid, cancelled), "cancelled", px=before)
    redis.set(keys.claim(kernel.uid, later), "a generation", ex=keys.CLAIM_TTL_S)
    noted = time.time() - 2
    assert close_taken(plane.services, kernel.uid, noted) == 1
    ends = [plane.status(one) for one in (taken, cancelled, later, waits)]
    assert ends == [X.LOST, X.QUEUED, X.QUEUED, X.QUEUED]
    assert "whether it ran is not known" in str(plane.execution(taken).error)
