"""Kernels that come back by themselves, and kernels that stop by themselves: real processes, real Redis."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from broker_config import keys
from broker_config.acl import kernel_user
from broker_config.wire.errors import KernelNotRunning
from broker_config.wire.states import DesiredState, ExecutionState, KernelState
from tasks import asking
from tasks.kernels import policy, restarting
from tasks.kernels.idling import Idle
from tasks.kernels.life import change, make_life
from tasks.kernels.pulses import Pulses
from tasks.kernels.reconciling import begin
from tasks.kernels.settling import settle
from tasks.kernels.stop_all import stop_all
from tasks.kernels.watching import Watcher
from tasks.ledger import audit, executions
from tasks.ledger.models import Execution, Kernel
from tasks.submission import Cell, submit, takes_cells
from tests.integration.lifecycle_fixture import World, queue_cell, world
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

RUNNING, STOPPED = DesiredState.RUNNING, DesiredState.STOPPED
LATER_S = 3_600.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()
    server.admin.close()


@pytest.fixture
def here(server: RedisServer, tmp_path: Path) -> Iterator[World]:
    with world(server, tmp_path) as made:
        yield made


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is 10 s, so that nothing comes back before the test has looked."""
    monkeypatch.setattr(policy, "FIRST_S", 10.0)


def kill(here: World, row: Kernel) -> None:
    """End its process, and wait until that is seen."""
    os.kill(row.runtime_ref["pid"], signal.SIGKILL)
    wait_until(lambda: here.runtime.find(row.uid, row.runtime_ref) is None, 5, "a kernel that is gone")


def actions(here: World) -> list[str]:
    """What the audit has of things done by themselves, oldest first."""
    with here.services.ledger.read() as s:
        events, _ = audit.page(s, None, 100)
    return [event.action for event in reversed(events) if event.actor == "husk"]


def until_new(here: World, before: Kernel) -> Kernel:
    """Wait until the kernel is ready as another process."""

    def is_new() -> Kernel | None:
        row = here.row(before.uid)
        new = row.state == KernelState.READY and row.runtime_ref.get("pid") != before.runtime_ref["pid"]
        return row if new else None

    return wait_until(is_new, 30, f"a new process; {here.row(before.uid).error}")


# Restarts ---------------------------------------------------------------------------------------------


def test_a_killed_kernel_comes_back_with_its_queue_and_says_so(here: World) -> None:
    here.watch()
    first = here.ready(auto_restart=True)
    ran, waits = queue_cell(here, first.uid, 1), queue_cell(here, first.uid, 2)
    with here.services.ledger.write() as s:
        executions.started(s, ran, str(first.generation), time.time())
    kill(here, first)
    row = here.until(first.uid, KernelState.ERROR, 5)
    assert "SIGKILL" in str(row.error)
    assert "It is started again in 1 second (failure 1 in a row, of at most 8)" in str(row.error)
    assert takes_cells(row)
    second = until_new(here, first)
    assert (second.restarts, second.failures, second.restart_at, second.error) == (1, 1, None, None)
    assert "restarted by itself: the kernel was ended by SIGKILL" in str(second.note)
    assert second.generation != first.generation
    assert actions(here) == ["kernel.auto_restart"]
    assert here.status(waits) == ExecutionState.QUEUED
    assert len(here.inits()) == 1
    here.do(first.uid, STOPPED)
    assert here.row(first.uid).note is None


def test_a_killed_kernel_without_the_policy_stays_an_error(here: World) -> None:
    row = here.ready()
    kill(here, row)
    settle(here.life, row.uid)
    failed = here.row(row.uid)
    assert (failed.state, failed.restart_at, failed.failures) == (KernelState.ERROR, None, 0)
    assert "start it again" in str(failed.error)
    assert not takes_cells(failed)


@pytest.mark.usefixtures("patient")
def test_a_kernel_that_was_stopped_does_not_come_back(here: World) -> None:
    row = here.ready(auto_restart=True)
    kill(here, row)
    settle(here.life, row.uid)
    assert here.row(row.uid).restart_at is not None
    here.do(row.uid, STOPPED)
    stopped = here.row(row.uid)
    assert (stopped.state, stopped.restart_at) == (KernelState.STOPPED, None)
    settle(here.life, row.uid)
    assert here.row(row.uid).state == KernelState.STOPPED
    # A stop that comes while the process dies wins, too.
    row = here.ready("other", auto_restart=True)
    here.wish(row.uid, STOPPED)
    kill(here, row)
    settle(here.life, row.uid)
    assert here.row(row.uid).state == KernelState.STOPPED
    assert not here.inits()


def fail(here: World, uid: str) -> Kernel:
    """Kill it as soon as it is ready, and see what is made of that."""
    kill(here, here.until(uid, KernelState.READY))
    settle(here.life, uid)
    return here.row(uid)


def make_due(here: World, uid: str) -> None:
    """Let its wait be over."""
    change(here.life, uid, restart_at=time.time() - 1)


@pytest.mark.usefixtures("patient")
def test_failures_in_a_row_wait_longer_and_end_in_an_error_that_says_so(here: World) -> None:
    here.services.settings.kernel_restarts = 3
    uid = here.ready(auto_restart=True).uid
    for wait in (10, 20):
        row = fail(here, uid)
        assert row.restart_at is not None
        assert row.state_since + wait - 1 < row.restart_at < row.state_since + wait + 1
        assert f"It is started again in {wait} seconds" in str(row.error)
        settle(here.life, uid)
        assert here.row(uid).state == KernelState.ERROR  # not before its time
        make_due(here, uid)
        settle(here.life, uid)
    assert "for the 2nd time in a row" in str(here.row(uid).note)
    row = fail(here, uid)
    assert (row.state, row.failures, row.restart_at) == (KernelState.ERROR, 3, None)
    assert "failed 3 times in a row and is not started again by itself" in str(row.error)
    assert actions(here) == ["kernel.auto_restart", "kernel.auto_restart", "kernel.gave_up"]
    settle(here.life, uid)
    assert here.row(uid).state == KernelState.ERROR
    assert not takes_cells(here.row(uid))
    here.do(uid, RUNNING)
    row = here.until(uid, KernelState.READY)
    assert (row.failures, row.restarts, row.note) == (0, 2, None)


@pytest.mark.usefixtures("patient")
def test_a_start_that_somebody_asks_for_does_not_wait(here: World) -> None:
    row = here.ready(auto_restart=True)
    kill(here, row)
    settle(here.life, row.uid)
    change(here.life, row.uid, restart_at=time.time() + LATER_S)
    here.do(row.uid, RUNNING)
    again = here.until(row.uid, KernelState.READY)
    assert (again.restarts, again.failures, again.restart_at) == (0, 0, None)


@pytest.mark.usefixtures("patient")
def test_a_wait_goes_on_in_the_next_lifecycle_worker(here: World) -> None:
    row = here.ready(auto_restart=True)
    kill(here, row)
    settle(here.life, row.uid)
    change(here.life, row.uid, restart_at=time.time() + LATER_S)
    there = make_life(here.services, here.runtime)
    assert begin(there)
    settle(there, row.uid)
    assert here.row(row.uid).state == KernelState.ERROR
    make_due(here, row.uid)
    settle(there, row.uid)
    assert until_new(here, row).restarts == 1


@pytest.mark.usefixtures("patient")
def test_nothing_comes_back_while_husk_goes_down(here: World) -> None:
    row = here.ready(auto_restart=True)
    kill(here, row)
    settle(here.life, row.uid)
    make_due(here, row.uid)
    stop_all(here.life)
    settle(here.life, row.uid)
    assert here.row(row.uid).state == KernelState.ERROR
    assert begin(here.life)
    settle(here.life, row.uid)
    assert until_new(here, row).restarts == 1


@pytest.mark.usefixtures("patient")
def test_a_start_that_is_refused_is_not_tried_again_unless_it_came_by_itself(here: World) -> None:
    uid = here.kernel(auto_restart=True, env_encrypted="not ours").uid
    here.do(uid, RUNNING)
    row = here.row(uid)
    assert (row.state, row.restart_at) == (KernelState.ERROR, None)
    assert "HUSK_SECRET_KEY" in str(row.error)
    row = here.ready("other", auto_restart=True)
    kill(here, row)
    settle(here.life, row.uid)
    change(here.life, row.uid, env_encrypted="not ours", restart_at=time.time() - 1)
    settle(here.life, row.uid)
    row = here.row(row.uid)
    assert (row.state, row.failures) == (KernelState.ERROR, 2)
    assert row.restart_at is not None


def silent(here: World, agent: psutil.Process, row: Kernel) -> None:
    """Stop its agent's heartbeat, and look until it is known to be silent for long."""
    pulses = Pulses(here.life, silent_s=0.5)
    agent.suspend()

    def look() -> bool:
        pulses.look([here.row(row.uid)])
        return row.uid in here.life.hung and here.row(row.uid).state == KernelState.UNRESPONSIVE

    wait_until(look, 15, "silent")


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("wanted", [True, False])
def test_a_silent_kernel_in_which_nothing_runs_is_restarted_by_policy_only(here: World, wanted: bool) -> None:
    row = here.ready(auto_restart=wanted)
    queue_cell(here, row.uid)
    agent = psutil.Process(row.facts["agent_pid"])
    silent(here, agent, row)
    settle(here.life, row.uid)
    now = here.row(row.uid)
    if not wanted:
        assert now.state == KernelState.UNRESPONSIVE
        agent.resume()
        return
    assert (now.state, now.failures) == (KernelState.ERROR, 1)
    assert "did not answer for long while no cell ran" in str(now.error)
    make_due(here, row.uid)
    settle(here.life, row.uid)
    until_new(here, row)


@pytest.mark.usefixtures("patient")
def test_a_kernel_that_hangs_after_a_good_while_has_not_failed_in_a_row(here: World) -> None:
    row = here.ready(auto_restart=True)
    change(here.life, row.uid, failures=5, ready_since=time.time() - 2 * policy.WELL_S)
    silent(here, psutil.Process(row.facts["agent_pid"]), row)
    settle(here.life, row.uid)
    now = here.row(row.uid)
    assert (now.state, now.failures) == (KernelState.ERROR, 1)
    assert "(failure 1 in a row" in str(now.error)


@pytest.mark.parametrize("known", ["running", "claimed"])
def test_a_silent_kernel_that_is_busy_is_left_alone(here: World, known: str) -> None:
    row = here.ready(auto_restart=True)
    cell = queue_cell(here, row.uid)
    if known == "running":
        with here.services.ledger.write() as s:
            executions.started(s, cell, str(row.generation), time.time())
    else:
        # It was taken, and the kernel could not say so any more.
        here.services.redis.set(keys.claim(row.uid, cell), str(row.generation))
    agent = psutil.Process(row.facts["agent_pid"])
    silent(here, agent, row)
    settle(here.life, row.uid)
    assert here.row(row.uid).state == KernelState.UNRESPONSIVE
    assert agent.is_running()
    agent.resume()


@pytest.mark.usefixtures("patient")
def test_without_the_look_at_its_work_a_busy_kernel_would_be_ended(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the test above can fail."""
    monkeypatch.setattr(restarting, "_runs", lambda *_: False)
    row = here.ready(auto_restart=True)
    queue_cell(here, row.uid)
    silent(here, psutil.Process(row.facts["agent_pid"]), row)
    settle(here.life, row.uid)
    assert here.row(row.uid).state == KernelState.ERROR


# Stops without work -----------------------------------------------------------------------------------


def test_a_kernel_without_work_is_stopped_and_says_so(here: World) -> None:
    here.watch()
    row = here.ready(idle_timeout_s=1.0)
    stopped = here.until(row.uid, KernelState.STOPPED, 15)
    assert (stopped.desired_state, stopped.idle_stops) == ("stopped", 1)
    assert stopped.note == "stopped after 1 second without work"
    assert (stopped.noted_at or 0.0) >= row.state_since + 1
    assert actions(here) == ["kernel.idle_stop"]
    assert not here.processes(row.uid)
    assert kernel_user(row.uid) not in here.services.redis.acl_users()
    here.do(row.uid, RUNNING)
    assert here.row(row.uid).note is None


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_kernel_with_work_is_never_stopped_and_has_its_time_again_after_it(
    here: World, status: str
) -> None:
    row = here.ready(idle_timeout_s=LATER_S)
    cell = queue_cell(here, row.uid)
    if status == "running":
        with here.services.ledger.write() as s:
            executions.started(s, cell, str(row.generation), time.time())
    # It was ready two hours ago, and nothing ended since.
    long_ago(here, row.uid)
    idle = Idle(here.life)
    idle.look([here.row(row.uid)])
    assert here.row(row.uid).desired_state == "running"
    with here.services.ledger.write() as s:
        executions.end(s, cell, ExecutionState.SUCCEEDED, time.time())
    for each in (idle, Idle(here.life)):
        each.look([here.row(row.uid)])
        assert here.row(row.uid).desired_state == "running"
    with here.services.ledger.write() as s:
        s.get_one(Execution, cell).finished_at = time.time() - LATER_S
    Idle(here.life).look([here.row(row.uid)])
    assert here.row(row.uid).desired_state == "stopped"


def long_ago(here: World, uid: str) -> None:
    """Let it be ready for two hours."""
    with here.services.ledger.write() as s:
        row = s.get_one(Kernel, uid)
        row.state_since = row.ready_since = row.intended_at = time.time() - 2 * LATER_S


def test_a_cell_that_comes_as_the_kernel_is_looked_at_is_run_and_the_kernel_goes_on(here: World) -> None:
    row = here.ready(idle_timeout_s=LATER_S)
    long_ago(here, row.uid)
    seen = here.row(row.uid)
    submit(here.services, row.uid, [Cell("1")], must_run=True)
    Idle(here.life).look([seen])
    assert here.row(row.uid).desired_state == "running"


def test_a_cell_that_comes_after_the_stop_was_decided_is_refused_or_starts_the_kernel_again(
    here: World,
) -> None:
    row = here.ready(idle_timeout_s=LATER_S)
    long_ago(here, row.uid)
    Idle(here.life).look([here.row(row.uid)])
    with pytest.raises(KernelNotRunning, match="start: true"):
        submit(here.services, row.uid, [Cell("1")], must_run=True)
    # As the API does with `start`: what runs still is kept.
    asking.wish(here.services, row.uid, RUNNING)
    assert len(submit(here.services, row.uid, [Cell("1")], must_run=True)) == 1
    settle(here.life, row.uid)
    again = here.row(row.uid)
    assert (again.state, again.note) == (KernelState.READY, None)
    assert again.runtime_ref["pid"] == row.runtime_ref["pid"]


def test_a_kernel_without_the_policy_is_never_stopped(here: World) -> None:
    row = here.ready()
    long_ago(here, row.uid)
    Idle(here.life).look([here.row(row.uid)])
    assert here.row(row.uid).desired_state == "running"


def test_both_policies_of_one_kernel_agree(here: World) -> None:
    """A kernel that was stopped for want of work is not taken for one that failed."""
    here.watch(Watcher(here.life))
    row = here.ready(auto_restart=True, idle_timeout_s=1.0)
    stopped = here.until(row.uid, KernelState.STOPPED, 15)
    settle(here.life, row.uid)
    assert (here.row(row.uid).state, stopped.restarts, stopped.failures) == (KernelState.STOPPED, 0, 0)
