"""The lifecycle worker dies at every step, kernels die without it, Redis loses what it knew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import redis

from broker_config import keys
from broker_config.acl import FLOWER_USER, kernel_user
from broker_config.wire.events import FIELD, Event, ExecutionResult, Finished, SharedWritten, pack
from broker_config.wire.states import DesiredState, ExecutionState, KernelState
from tasks import asking, failpoints
from tasks.broker_epoch import BrokerEpoch
from tasks.kernels.settling import settle
from tasks.kernels.stop_all import stop_all
from tasks.ledger import files
from tasks.ledger.models import Kernel
from tests.integration.lifecycle_fixture import World, lifecycle_process, queue_cell, recorder_process, world
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

RUNNING, STOPPED, DELETED = DesiredState.RUNNING, DesiredState.STOPPED, DesiredState.DELETED
STARTS = [name for name in failpoints.NAMES if name.startswith("start.")]
STOPS = [name for name in failpoints.NAMES if name.startswith("stop.")]
SUCCEEDED = ExecutionResult(ExecutionState.SUCCEEDED, "g", started_at=1.0, finished_at=2.0)
DELETES = [name for name in failpoints.NAMES if name.startswith("delete.")]
RESTARTS = ["stop.row", "stop.ended", "restart.stopped", "start.row", "start.noted", "start.booted"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    yield server
    server.kill()
    server.admin.close()


@pytest.fixture
def here(server: RedisServer, tmp_path: Path) -> Iterator[World]:
    with world(server, tmp_path / "data") as made:
        yield made


def dies_at(here: World, failpoint: str) -> None:
    """Run a worker until it dies at a failpoint."""
    with lifecycle_process(here, failpoint=f"{failpoint}:exit") as process:
        assert process.wait(30) == failpoints.EXIT_CODE


def one_family(here: World, row: Kernel) -> bool:
    """Whether exactly the row's process lives, with what belongs to it."""
    with suppress(psutil.NoSuchProcess):  # one that ends just now: the next look tells
        agents = [p for p in here.processes(row.uid) if "kernel_worker.agent" in p.cmdline()]
        runners = [p for p in here.processes(row.uid) if "kernel_worker.runner" in p.cmdline()]
        below = {p.ppid() for p in (*runners, *agents)} - {p.pid for p in agents}
        return len(agents) == len(runners) == 1 and below == {row.runtime_ref.get("pid")}
    return False


@pytest.mark.parametrize("failpoint", STARTS)
def test_a_worker_that_dies_in_a_start_leaves_one_that_ends_ready(here: World, failpoint: str) -> None:
    uid = here.kernel().uid
    here.wish(uid, RUNNING)
    dies_at(here, failpoint)
    with lifecycle_process(here):
        here.until(uid, KernelState.READY)
        # A kernel that was booted is adopted by the next reconcile, every 10 s.
        wait_until(lambda: one_family(here, here.row(uid)), 15, "one family of processes")
        assert here.inits() == [here.row(uid).runtime_ref["pid"]]
        assert kernel_user(uid) in here.services.redis.acl_users()


@pytest.mark.parametrize("failpoint", STOPS)
def test_a_worker_that_dies_in_a_stop_leaves_one_that_ends_stopped(here: World, failpoint: str) -> None:
    uid = here.ready().uid
    here.wish(uid, STOPPED)
    dies_at(here, failpoint)
    with lifecycle_process(here):
        here.until(uid, KernelState.STOPPED)
        wait_until(lambda: not here.processes(uid), 5, "no process")
        assert kernel_user(uid) not in here.services.redis.acl_users()


@pytest.mark.parametrize("failpoint", RESTARTS)
def test_a_worker_that_dies_in_a_restart_leaves_a_new_process(here: World, failpoint: str) -> None:
    first = here.ready()
    here.wish(first.uid, RUNNING, restart=True)
    dies_at(here, failpoint)
    with lifecycle_process(here):

        def anew() -> bool:
            row = here.row(first.uid)
            return row.state == KernelState.READY and row.generation != first.generation

        wait_until(anew, 20, "a new generation")
        wait_until(lambda: one_family(here, here.row(first.uid)), 25, "one family of processes")


@pytest.mark.parametrize("failpoint", DELETES)
def test_a_worker_that_dies_in_a_delete_leaves_nothing(here: World, failpoint: str) -> None:
    uid = here.ready().uid
    here.store.put(f"k/{uid}/u/1")
    here.wish(uid, DELETED)
    dies_at(here, failpoint)
    with lifecycle_process(here):
        wait_until(lambda: here.row(uid).deleted_at is not None, 20, "deleted")
    assert not here.processes(uid)
    assert not list(here.store.list(f"k/{uid}/"))
    assert not (here.services.settings.kernels_dir / uid).exists()
    left = list(here.services.redis.scan_iter(f"*{uid}*"))
    # Whose holder is dead: it lapses.
    assert left in ([], [keys.lifecycle_lock(uid)])


def test_a_delete_waits_until_all_that_the_kernel_said_is_recorded(here: World) -> None:
    uid = here.ready().uid
    key = f"k/{uid}/u/00000000-0000-4000-8000-000000000000"
    ran, waits = queue_cell(here, uid, 1), queue_cell(here, uid, 2)
    with here.recording:
        here.store.put(key)
        for body in (SharedWritten("kept.txt", key, 6, "0" * 64), Finished(SUCCEEDED)):
            event = pack(Event(ran, 0, time.time(), body))
            here.services.redis.xadd(keys.events(uid), {FIELD: event})
        nonce = here.wish(uid, DELETED)
        assert not settle(here.life, uid, nonce, wait_s=20)
        assert (here.status(ran), here.status(waits)) == ("queued", "queued")
        assert here.services.redis.xlen(keys.events(uid)) >= 2
        with recorder_process(here):
            wait_until(lambda: here.status(ran) == "succeeded", 20, "the recorder")
            wait_until(lambda: settle(here.life, uid, nonce, wait_s=20), 10, "the delete")
    assert here.status(waits) == "cancelled"
    assert here.row(uid).deleted_at is not None
    with here.services.ledger.read() as s:
        assert [file.path for file in files.below(s, here.owner, "")] == ["kept.txt"]
    assert [found.key for found in here.store.list(f"k/{uid}/")] == [key]


def test_a_delete_does_not_wait_for_ever_for_a_recorder_that_is_away(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = here.ready().uid
    waits = queue_cell(here, uid)
    monkeypatch.setattr("tasks.kernels.closing.LONGEST_DELETE_S", 1.0)
    with here.recording:
        here.services.redis.xadd(keys.events(uid), {FIELD: "x"})
        nonce = here.wish(uid, DELETED)
        wait_until(lambda: settle(here.life, uid, nonce, wait_s=20), 10, "the delete")
    assert here.status(waits) == "cancelled"
    assert list(here.services.redis.scan_iter(f"*{uid}*")) == []


def test_a_worker_that_hangs_and_is_killed_holds_nothing_up(here: World) -> None:
    uid = here.kernel().uid
    here.wish(uid, RUNNING)
    with lifecycle_process(here, failpoint="start.groups:hang"):
        wait_until(lambda: here.services.redis.exists(keys.events(uid)), 20, "the hang")
        assert here.row(uid).state == KernelState.STARTING
    with lifecycle_process(here):
        here.until(uid, KernelState.READY)


def test_a_warm_worker_acts_on_a_message_at_once_and_ends_within_two_seconds(here: World) -> None:
    uid = here.kernel().uid
    with lifecycle_process(here) as process:
        wait_until(lambda: here.services.redis.get(keys.EPOCH), 20, "a worker")
        times = []
        for _ in range(3):
            began = time.monotonic()
            asking.wish(here.services, uid, RUNNING)
            here.until(uid, KernelState.READY)
            times.append(time.monotonic() - began)
            asking.wish(here.services, uid, STOPPED)
            here.until(uid, KernelState.STOPPED)
        assert sorted(times)[1] < 4, times
        print("start to ready, seconds:", [round(one, 2) for one in times])  # noqa: T201
        asking.wish(here.services, uid, RUNNING)
        row = here.until(uid, KernelState.READY)
        process.send_signal(signal.SIGTERM)
        process.wait(2)
    assert here.inits() == [row.runtime_ref["pid"]]


def test_a_kernel_that_died_while_no_worker_was_there_is_started_again(here: World) -> None:
    row = here.ready()
    os.kill(row.runtime_ref["pid"], signal.SIGKILL)
    with lifecycle_process(here):
        wait_until(lambda: here.row(row.uid).generation not in {None, row.generation}, 20, "a new runner")
        again = here.until(row.uid, KernelState.READY)
        wait_until(lambda: one_family(here, here.row(row.uid)), 5, "one family of processes")
        os.kill(again.runtime_ref["pid"], signal.SIGKILL)
        here.until(row.uid, KernelState.ERROR, 5)


def test_kernels_are_ended_by_down_and_run_again_after_up(here: World) -> None:
    here.life.pause.begin()
    with lifecycle_process(here):
        # It ends a pause when it begins: one that begins after the kernels' end would start them again.
        wait_until(lambda: not here.life.pause.on(), 30, "a worker that has begun")
        row = here.ready()
        began = time.monotonic()
        with lifecycle_process(here, "--stop-kernels") as process:
            assert process.wait(20) == 0
        assert time.monotonic() - began < 15
        # The worker that still runs starts nothing.
        with pytest.raises(AssertionError):
            wait_until(here.inits, 1.5)
        stopped = here.row(row.uid)
        assert (stopped.state, stopped.desired_state) == (KernelState.STOPPED, RUNNING)
    with lifecycle_process(here):
        here.until(row.uid, KernelState.READY)


def test_stopping_all_is_bounded_when_one_does_not_stop(here: World) -> None:
    row = here.ready()
    os.kill(row.runtime_ref["pid"], signal.SIGSTOP)
    began = time.monotonic()
    assert stop_all(here.life, bound_s=2) == 0
    assert time.monotonic() - began < 10
    assert not here.inits()


def test_users_are_made_again_after_a_restart_of_redis(here: World) -> None:
    epoch = BrokerEpoch(here.services)
    epoch.check()
    held = here.services.redis.get(keys.EPOCH)
    row = here.ready()
    here.server.restart()
    assert kernel_user(row.uid) not in acl_users(here)
    assert epoch.try_check() or epoch.try_check()
    assert {kernel_user(row.uid), FLOWER_USER} <= set(acl_users(here))
    assert here.services.redis.get(keys.EPOCH) == held
    wait_until(lambda: here.services.redis.xlen(keys.pulse(row.uid)), 10, "a pulse")


def acl_users(here: World) -> list[str]:
    try:
        return [str(name) for name in here.services.redis.acl_users()]
    except redis.ConnectionError:
        return [str(name) for name in here.services.redis.acl_users()]


def test_a_redis_that_lost_its_data_gets_groups_users_and_a_report(here: World) -> None:
    with lifecycle_process(here):
        wait_until(lambda: here.services.redis.get(keys.EPOCH), 20, "a worker")
        row = here.ready()
        first = here.services.redis.get(keys.EPOCH)
        here.services.redis.acl_deluser(kernel_user(row.uid), FLOWER_USER)
        here.services.redis.flushall()
        second = wait_until(lambda: here.services.redis.get(keys.EPOCH), 10, "a new epoch")
        assert second != first
        assert {kernel_user(row.uid), FLOWER_USER} <= set(acl_users(here))

        def reported() -> bool:
            entries = map(str, here.services.redis.xrange(keys.events(row.uid)))
            return any("journal_report" in entry and second in entry for entry in entries)

        wait_until(reported, 10, "a report of the journal")
        assert here.groups(row.uid) == {"events": keys.RECORDER_GROUP, "requests": keys.DESK_GROUP}


def test_a_stop_works_while_redis_is_away(here: World) -> None:
    row = here.ready()
    here.server.kill()
    try:
        nonce = here.wish(row.uid, STOPPED)
        assert settle(here.life, row.uid, nonce, wait_s=5)
        assert here.row(row.uid).state == KernelState.STOPPED
        assert not here.processes(row.uid)
    finally:
        here.server.start()


def test_a_wrong_failpoint_is_refused(here: World) -> None:
    with lifecycle_process(here, failpoint="nowhere:exit") as process:
        assert process.wait(20) == 2


def test_the_module_runs_as_a_command(here: World) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUSK_")}
    env["HUSK_DATA_DIR"] = str(here.folder)
    argv = [sys.executable, "-m", "tasks", "lifecycle"]
    done = subprocess.run(argv, env=env, capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
    assert b"HUSK_SECRET_KEY is missing" in done.stderr
