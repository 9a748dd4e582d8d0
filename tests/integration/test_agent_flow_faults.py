"""Store, desk, agent and runner fail while something is published: nothing half-visible, nothing lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tasks.ledger.artifacts import CELLS
from tests.integration.flow_rows import document
from tests.integration.flow_world import FlowWorld, flow_world
from tests.integration.kernel_fixture import LIMITS, KernelUnderTest
from tests.waiting import wait_until

LARGE = """
import numpy
flowfile.publish_artifact('large', numpy.full(%d, 1.0))
print('published', flush=True)
"""
SUM = "print(flowfile.read_artifact('large').sum())"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowWorld]:
    with flow_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def kernel(world: FlowWorld) -> Iterator[KernelUnderTest]:
    with world.kernel() as kernel:
        yield kernel


@pytest.fixture
def flow(world: FlowWorld) -> str:
    return world.flow(document("ab", "ab"))


def forget_content(kernel: KernelUnderTest) -> None:
    """So that what is read next comes from the store."""
    for path in (kernel.folder / "agent" / "content").iterdir():
        path.unlink()


def kill_agent(kernel: KernelUnderTest) -> None:
    """SIGKILL; init starts another, which is ready."""
    before = kernel.agent_pid
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: kernel.agent_pid != before, 10, "another agent")


def test_a_store_that_is_killed_in_the_middle_of_an_upload_gets_it_when_it_is_back(
    world: FlowWorld, kernel: KernelUnderTest, flow: str
) -> None:
    execution_id = world.send(kernel, LARGE % 25_000_000, flow, "a")
    kernel.until_printed(execution_id, "published", 30)
    world.weed.kill()
    assert kernel.staged()
    world.weed.start()
    assert world.ended(kernel, execution_id, 90).status == "succeeded"
    assert kernel.staged() == []
    forget_content(kernel)
    assert world.run(kernel, SUM, flow, "b") == "25000000.0\n"


@pytest.fixture
def impatient(world: FlowWorld) -> Iterator[KernelUnderTest]:
    """A kernel that waits for a store that is away for seconds, not for a minute."""
    with world.kernel(limits=replace(LIMITS, store_patience_s=3.0)) as kernel:
        yield kernel


def test_a_store_that_stays_away_fails_the_run_and_the_file_is_kept_and_named(
    world: FlowWorld, impatient: KernelUnderTest, flow: str
) -> None:
    kernel = impatient
    world.run(kernel, "flowfile.publish_artifact('large', 'before')", flow, "a")
    world.weed.kill()
    try:
        row = world.ended(kernel, world.send(kernel, LARGE % 100, flow, "a"), 40)
    finally:
        world.weed.start()
    assert row.status == "failed"
    assert row.error is not None
    assert row.error["type"] == "StorageFailed"
    assert "artifact 'large'" in row.error["message"]
    (kept,) = (kernel.folder / "agent" / "kept").iterdir()
    assert f"kept/{kept.name}" in row.error["message"]
    assert kept.stat().st_size > 800
    assert world.run(kernel, "print(flowfile.read_artifact('large'))", flow, "b") == "before\n"


@pytest.mark.parametrize(
    ("code", "status"),
    [("print(flowfile.list_artifacts())", "succeeded"), ("flowfile.publish_artifact('x', 1)", "failed")],
)
def test_what_an_agent_that_is_killed_did_not_answer_is_answered_by_the_next(
    world: FlowWorld, kernel: KernelUnderTest, flow: str, code: str, status: str
) -> None:
    os.kill(world.plane.processes["desk"].pid, signal.SIGSTOP)
    try:
        execution_id = world.send(kernel, code, flow, "a")
        wait_until(kernel.staged, 10, "a call that is noted")
        kill_agent(kernel)
    finally:
        os.kill(world.plane.processes["desk"].pid, signal.SIGCONT)
    row = world.ended(kernel, execution_id, 60)
    assert row.status == status
    # A file that came as a descriptor went with the agent that held it.
    assert row.error is None or "started anew while it answered publish_artifact" in row.error["message"]
    assert world.artifacts(flow) == {}


def test_an_agent_that_is_killed_between_upload_and_finalize_leaves_nothing_half_visible(
    world: FlowWorld, kernel: KernelUnderTest, flow: str
) -> None:
    code = (
        LARGE % 3_000_000
        + "open('go', 'w')\nimport time\nwhile not __import__('os').path.exists('stop'): time.sleep(0.05)"
    )
    execution_id = world.send(kernel, code, flow, "a")
    kernel.until_printed(execution_id, "published", 30)
    wait_until(
        lambda: any(b'"op":"stored"' in p.read_bytes() for p in kernel.staged() if p.suffix), 30, "stored"
    )
    os.kill(world.plane.processes["desk"].pid, signal.SIGSTOP)
    try:
        (kernel.folder / "runner" / "stop").touch()
        wait_until(lambda: any(b'"op":"done"' in p.read_bytes() for p in kernel.staged()), 10, "done")
        kill_agent(kernel)
        assert world.artifacts(flow) == {}
    finally:
        os.kill(world.plane.processes["desk"].pid, signal.SIGCONT)
    assert world.ended(kernel, execution_id, 90).status == "succeeded"
    assert set(world.artifacts(flow)) == {"large"}
    forget_content(kernel)
    assert world.run(kernel, SUM, flow, "b") == "3000000.0\n"


def test_an_agent_that_is_killed_in_the_middle_of_an_upload_is_taken_over(
    world: FlowWorld, kernel: KernelUnderTest, flow: str
) -> None:
    execution_id = world.send(kernel, LARGE % 25_000_000, flow, "a")
    kernel.until_printed(execution_id, "published", 30)
    kill_agent(kernel)
    assert world.ended(kernel, execution_id, 90).status == "succeeded"
    assert kernel.staged() == []
    forget_content(kernel)
    assert world.run(kernel, SUM, flow, "b") == "25000000.0\n"


def test_what_a_kernel_had_not_stored_when_it_was_stopped_is_stored_at_its_next_start(
    world: FlowWorld, kernel: KernelUnderTest, flow: str
) -> None:
    world.weed.kill()
    try:
        execution_id = world.send(kernel, LARGE % 100_000, flow, "a")
        kernel.until_printed(execution_id, "published", 30)
        wait_until(lambda: any(b'"op":"done"' in p.read_bytes() for p in kernel.staged()), 10, "done")
        kernel.stop()
    finally:
        world.weed.start()
    world.start_again(kernel)
    row = world.ended(kernel, execution_id, 60)
    assert row.status == "succeeded", f"{row.error}; log:\n{kernel.log}"
    assert kernel.staged() == []
    assert world.run(kernel, SUM, flow, "b") == "100000.0\n"


def test_what_a_cell_published_before_its_runner_died_is_kept_and_of_a_run_nothing(
    world: FlowWorld, kernel: KernelUnderTest, flow: str
) -> None:
    code = "flowfile.publish_artifact('x', 1)\nimport os\nos._exit(3)"
    for interactive in (True, False):
        row = world.ended(kernel, world.send(kernel, code, flow, "a", interactive=interactive))
        assert row.status == "failed"
        assert row.error is not None
        assert row.error["type"] == "RunnerDied"
    assert set(world.artifacts(flow, CELLS)) == {"x"}
    assert world.artifacts(flow) == {}
    assert kernel.staged() == []


def test_a_desk_that_is_away_for_a_while_is_waited_for(
    world: FlowWorld, kernel: KernelUnderTest, flow: str
) -> None:
    world.plane.kill("desk")
    execution_id = world.send(kernel, "flowfile.publish_artifact('x', 1)", flow, "a")
    wait_until(kernel.staged, 10, "a call that is noted")
    world.plane.start("desk")
    assert world.ended(kernel, execution_id, 60).status == "succeeded"
    assert set(world.artifacts(flow)) == {"x"}
