"""Whatever dies while a flow runs: it ends once, no node runs twice, and the tables are the same."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from run_world import FLOWS_WORKER, RunWorld, node, run_world

from broker_config.wire.states import RunState
from tasks import flow_runs
from tests.waiting import wait_until

NODES = "abcdefgh"
EDGES = ("a>b", "a>c", "b>d", "c>d", "d>e", "e>f", "f>g", "d>h")
EXITED = 86
RUN_S = 90.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunWorld]:
    with run_world(tmp_path_factory.mktemp("runs")) as world:
        world.kernel()
        world.kernel()
        yield world


class Trial:
    """A flow whose nodes note that they ran, and how its run has to end."""

    def __init__(self, world: RunWorld, notes: Path, pause_s: float = 0.05) -> None:
        self.world = world
        self.notes = notes
        one, two = list(world.kernels)
        makes = "flowfile.publish_output(pl.DataFrame({'x': range(1000)}))"
        adds = "flowfile.publish_output(flowfile.read_input().with_columns(pl.col('x') + 1))"
        nodes = [
            node(name, f"{self._noted(name, pause_s)}\n{adds if name != 'a' else makes}", (one, two)[n % 2])
            for n, name in enumerate(NODES)
        ]
        self.flow_id = world.flow(*nodes, edges=EDGES)

    def _noted(self, name: str, pause_s: float) -> str:
        return (
            f"import time\nwith open({str(self.notes)!r}, 'a') as file:\n"
            f"    file.write({name!r} + '\\n')\ntime.sleep({pause_s})"
        )

    def ran(self) -> Counter[str]:
        """How often each node ran."""
        return Counter(self.notes.read_text().split()) if self.notes.exists() else Counter()

    def begin(self) -> str:
        """A run."""
        return self.world.make(self.flow_id, cache=False)

    def judge(self, run_id: str) -> None:
        """It has succeeded, each node ran once, and its tables are those of a run on a quiet day."""
        assert self.world.until_ended(run_id, timeout_s=RUN_S) == [RunState.SUCCEEDED], self.world.told(
            run_id
        )
        assert self.ran() == Counter(NODES)
        assert set(self.world.states(run_id).values()) == {"succeeded"}
        assert [row.attempt for row in self.world.executions(run_id)] == [1] * len(NODES)
        self.quiet(run_id)

    def quiet(self, run_id: str) -> None:
        """A run of the same on a quiet day has the same tables."""
        again = self.world.run(self.flow_id, cache=False, timeout_s=RUN_S)
        assert self.world.tables(again) == self.world.tables(run_id)


@pytest.fixture
def trial(world: RunWorld, tmp_path: Path) -> Trial:
    return Trial(world, tmp_path / "ran")


def test_looks_that_come_twice_at_once_and_late_change_nothing(world: RunWorld, trial: Trial) -> None:
    run_id = trial.begin()
    stopped = threading.Event()

    def look() -> None:
        while not stopped.is_set():
            flow_runs.advance(world.services, run_id)
            flow_runs.wake_run(world.services, run_id)

    with ThreadPoolExecutor(3) as pool:
        looks = [pool.submit(look) for _ in range(3)]
        try:
            world.until_ended(run_id, timeout_s=RUN_S)
        finally:
            stopped.set()
        for one in looks:
            one.result(30)
    before = (world.row(run_id).revision, world.states(run_id))
    flow_runs.advance(world.services, run_id)
    assert (world.row(run_id).revision, world.states(run_id)) == before
    trial.judge(run_id)


@pytest.mark.parametrize("point", ["run.decided", "run.committed", "run.published", "run.ended"])
def test_a_flows_worker_that_dies_in_the_middle_of_a_look_loses_nothing(
    world: RunWorld, trial: Trial, point: str
) -> None:
    world.world.plane.kill(FLOWS_WORKER)
    dying = world.start_worker(point)
    run_id = trial.begin()
    assert wait_until(dying.poll, RUN_S, "the worker dies") == EXITED
    world.start_worker()
    trial.judge(run_id)


def test_a_flows_worker_that_is_killed_again_and_again_loses_nothing(world: RunWorld, trial: Trial) -> None:
    dice = random.Random(os.environ.get("HUSK_SEED", "7"))
    run_id = trial.begin()
    for _ in range(4):
        threading.Event().wait(dice.uniform(0.2, 1.0))  # the moment is the test's data
        world.world.plane.kill(FLOWS_WORKER)
        world.start_worker()
    trial.judge(run_id)


@pytest.mark.parametrize("name", ["recorder", "desk"])
def test_a_recorder_or_desk_that_is_killed_while_a_flow_runs_loses_nothing(
    world: RunWorld, trial: Trial, name: str
) -> None:
    run_id = trial.begin()
    world.until_node(run_id, "d", "running", "succeeded")
    world.world.plane.kill(name)
    world.world.plane.start(name)
    trial.judge(run_id)


def test_a_redis_that_comes_back_empty_loses_no_node(world: RunWorld, tmp_path: Path) -> None:
    trial = Trial(world, tmp_path / "ran", 0.5)
    run_id = trial.begin()
    world.until_runs(run_id, "d")
    world.world.plane.server.admin.flushall()
    trial.judge(run_id)


def test_a_store_that_is_away_in_the_middle_of_a_node_fails_nothing(world: RunWorld, tmp_path: Path) -> None:
    trial = Trial(world, tmp_path / "ran", 0.5)
    run_id = trial.begin()
    world.until_runs(run_id, "d")
    world.world.weed.kill()
    world.world.weed.start()
    trial.judge(run_id)


def test_a_kernel_that_dies_in_a_node_fails_it_and_the_run_is_resumed_to_the_same_tables(
    world: RunWorld, tmp_path: Path
) -> None:
    trial = Trial(world, tmp_path / "ran", 1.0)
    run_id = trial.begin()
    world.until_runs(run_id, "d")
    uid = str(world.nodes(run_id)["d"].kernel_uid)
    kernel = next(one for one in world.kernels.values() if one.uid == uid)
    os.kill(kernel.runner_pid, signal.SIGKILL)
    assert world.until_ended(run_id, timeout_s=RUN_S) == [RunState.FAILED]
    states = world.states(run_id)
    assert states["d"] in {"failed", "lost"}
    assert {states[name] for name in "abc"} == {"succeeded"}
    assert {states[name] for name in "efgh"} == {"skipped"}
    resumed = world.again_ended("resume", run_id)
    assert {world.states(resumed)[name] for name in "abc"} == {"cached"}
    assert trial.ran() == Counter("abcd" + "defgh")
    trial.quiet(resumed)
