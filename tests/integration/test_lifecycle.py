"""Kernels started, stopped, restarted, deleted, and what is seen when they end by themselves."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from broker_config import keys, queues
from broker_config.acl import kernel_user
from broker_config.wire.states import DesiredState, ExecutionState, KernelState
from tasks import sealed
from tasks.broker_epoch import BrokerEpoch
from tasks.kernels.life import change
from tasks.kernels.pulses import Pulses
from tasks.kernels.reconciling import Reconciler
from tasks.kernels.settling import settle
from tasks.kernels.watching import Watcher
from tasks.ledger import executions, kernels
from tests.integration.lifecycle_fixture import World, queue_cell, world
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

RUNNING, STOPPED, DELETED = DesiredState.RUNNING, DesiredState.STOPPED, DesiredState.DELETED


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


def users(made: World) -> list[str]:
    return [str(name) for name in made.services.redis.acl_users()]


def test_a_start_makes_a_ready_kernel_with_its_user_and_groups(here: World) -> None:
    row = here.ready(env_encrypted=sealed.seal(here.services.settings, {"GREETING": "hello"}))
    assert row.generation
    assert row.facts["init_pid"] == row.runtime_ref["pid"]
    assert kernel_user(row.uid) in users(here)
    assert here.groups(row.uid) == {"events": keys.RECORDER_GROUP, "requests": keys.DESK_GROUP}
    runner = psutil.Process(row.facts["runner_pid"])
    assert runner.environ()["GREETING"] == "hello"
    assert not [name for name in runner.environ() if name.startswith("HUSK_")]
    assert "hello" not in str(row.env_encrypted)


def test_a_stop_leaves_no_process_no_user_and_keeps_the_queue(here: World) -> None:
    uid = here.ready().uid
    family = here.processes(uid)
    assert len(family) >= 2
    execution_id = queue_cell(here, uid)
    here.do(uid, STOPPED)
    row = here.row(uid)
    assert row.state == KernelState.STOPPED
    assert (row.generation, row.redis_password_sha256, row.facts) == (None, None, {})
    assert not here.processes(uid)
    assert not [process for process in family if process.is_running()]
    assert kernel_user(uid) not in users(here)
    with here.services.ledger.read() as s:
        assert [one.id for one in executions.queued(s, uid)] == [execution_id]


def test_children_that_left_session_and_parent_end_with_a_stop(here: World) -> None:
    row = here.ready()
    runner = psutil.Process(row.facts["runner_pid"])
    # As user code can: a process of its own session, orphaned, with the environment of the runner.
    daemon = (
        "import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\ntime.sleep(600)"
    )
    pid = os.posix_spawn(runner.exe(), ["python", "-c", daemon], runner.environ())
    os.waitpid(pid, 0)
    wait_until(lambda: len(here.processes(row.uid)) >= 3, 5, "agent, runner, and its orphan")
    here.do(row.uid, STOPPED)
    assert not here.processes(row.uid)


def test_a_restart_makes_a_new_process_and_happens_once(here: World) -> None:
    first = here.ready()
    nonce = here.wish(first.uid, RUNNING, restart=True)
    assert settle(here.life, first.uid, nonce, wait_s=20)
    second = here.until(first.uid, KernelState.READY)
    assert second.runtime_ref["pid"] != first.runtime_ref["pid"]
    assert second.generation != first.generation
    assert settle(here.life, first.uid, nonce, wait_s=20)
    assert here.row(first.uid).runtime_ref == second.runtime_ref
    assert len(here.inits()) == 1


def test_a_start_of_a_kernel_that_runs_changes_nothing(here: World) -> None:
    first = here.ready()
    here.do(first.uid, RUNNING)
    assert here.row(first.uid).runtime_ref["pid"] == first.runtime_ref["pid"]


def test_six_starts_at_once_make_one_process(here: World) -> None:
    uid = here.kernel().uid
    here.watch()
    nonces = [here.wish(uid, RUNNING) for _ in range(6)]
    together = threading.Barrier(6)

    def start(nonce: str) -> None:
        together.wait()
        settle(here.life, uid, nonce, wait_s=20)

    threads = [threading.Thread(target=start, args=[nonce]) for nonce in nonces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    here.until(uid, KernelState.READY)
    inits = [p for p in psutil.process_iter(["cmdline"]) if "kernel_worker.init" in (p.info["cmdline"] or [])]
    mine = [p.pid for p in inits if p.pid in here.inits()]
    assert len(mine) == 1
    assert len([p for p in here.processes(uid) if "kernel_worker.agent" in p.cmdline()]) == 1


def test_a_message_that_is_not_the_rows_intent_does_nothing(here: World) -> None:
    uid = here.kernel().uid
    old = here.wish(uid, RUNNING)
    here.wish(uid, STOPPED)
    assert settle(here.life, uid, old)
    assert settle(here.life, uid, "made up")
    assert here.row(uid).state == KernelState.STOPPED
    assert not here.inits()


def test_a_delete_leaves_nothing_but_the_record(here: World) -> None:
    uid = here.ready().uid
    execution_id = queue_cell(here, uid)
    here.services.redis.lpush(queues.kernel_queue(uid), "x")
    here.store.put(f"k/{uid}/u/1")
    here.store.put("k/somebodyelse/u/1")
    here.do(uid, DELETED)
    row = here.row(uid)
    assert row.deleted_at is not None
    assert not here.processes(uid)
    assert not (here.services.settings.kernels_dir / uid).exists()
    assert [found.key for found in here.store.list("k/")] == ["k/somebodyelse/u/1"]
    assert list(here.services.redis.scan_iter(f"*{uid}*")) == []
    with here.services.ledger.read() as s:
        execution = executions.get(s, execution_id)
    assert execution is not None
    assert execution.status == ExecutionState.CANCELLED


def test_a_kernel_that_is_killed_is_an_error_within_five_seconds(here: World) -> None:
    here.watch()
    row = here.ready()
    began = time.monotonic()
    os.kill(row.runtime_ref["pid"], signal.SIGKILL)
    row = here.until(row.uid, KernelState.ERROR, 5)
    assert time.monotonic() - began < 5
    assert "SIGKILL" in str(row.error)
    assert not here.processes(row.uid)
    assert kernel_user(row.uid) not in users(here)
    settle(here.life, row.uid)
    assert here.row(row.uid).state == KernelState.ERROR
    here.do(row.uid, RUNNING)
    assert here.until(row.uid, KernelState.READY).error is None


def test_a_cell_that_ran_in_a_kernel_that_died_is_lost_and_what_waited_is_kept(here: World) -> None:
    here.watch()
    row = here.ready()
    ran, waits = queue_cell(here, row.uid, 1), queue_cell(here, row.uid, 2)
    with here.services.ledger.write() as s:
        executions.started(s, ran, str(row.generation), time.time())
    os.kill(row.runtime_ref["pid"], signal.SIGKILL)
    here.until(row.uid, KernelState.ERROR, 5)
    wait_until(lambda: here.status(ran) == ExecutionState.LOST, 5, "lost")
    assert here.status(waits) == ExecutionState.QUEUED


def test_a_start_that_takes_too_long_is_an_error_with_the_log(server: RedisServer, tmp_path: Path) -> None:
    with world(server, tmp_path, start_timeout_s=1.5) as here:
        here.watch()
        uid = here.kernel().uid
        here.wish(uid, RUNNING)
        pids = wait_until(here.inits, 10, "an init")
        for process in psutil.Process(pids[0]).children():
            process.suspend()
        wait_until(lambda: here.runtime.log_tail(uid, 5), 5, "a first line of the log")
        os.kill(pids[0], signal.SIGSTOP)
        row = here.until(uid, KernelState.ERROR, 10)
        assert "not ready within 1.5 s" in str(row.error)
        assert "Last lines of its log" in str(row.error)
        assert not here.processes(uid)


def test_a_kernel_that_cannot_be_started_says_why(here: World) -> None:
    uid = here.kernel(env_encrypted="not ours").uid
    here.do(uid, RUNNING)
    row = here.row(uid)
    assert row.state == KernelState.ERROR
    assert "HUSK_SECRET_KEY" in str(row.error)


def test_silence_makes_a_kernel_unresponsive_and_a_heartbeat_ready_again(here: World) -> None:
    here.watch(Watcher(here.life, Pulses(here.life, silent_s=2.5)))
    row = here.ready()
    family = [psutil.Process(pid) for pid in (row.facts["agent_pid"],)]
    for process in family:
        process.suspend()
    here.until(row.uid, KernelState.UNRESPONSIVE, 10)
    for process in family:
        process.resume()
    here.until(row.uid, KernelState.READY, 10)
    assert here.row(row.uid).runtime_ref["pid"] == row.runtime_ref["pid"]


def test_a_process_that_the_ledger_does_not_know_is_ended(here: World) -> None:
    row = here.ready()
    with here.services.ledger.write() as s:
        current = kernels.get(s, row.uid)
        assert current is not None
        current = kernels.move(s, current, KernelState.STOPPED, time.time())
        kernels.mark_deleted(s, current, time.time())
    Reconciler(here.life).look()
    assert not here.inits()
    assert not here.processes(row.uid)
    assert kernel_user(row.uid) not in users(here)


def test_a_stopped_kernel_that_still_runs_is_ended(here: World) -> None:
    row = here.ready()
    here.wish(row.uid, STOPPED)
    change(here.life, row.uid, KernelState.STOPPED)
    Reconciler(here.life).look()
    assert not here.processes(row.uid)


def test_a_fresh_kernel_needs_no_report_and_a_restarted_one_is_asked_for_it(here: World) -> None:
    BrokerEpoch(here.services).check()
    epoch = here.services.redis.get(keys.EPOCH)
    row = here.ready()
    assert row.journal_epoch == epoch
    change(here.life, row.uid, journal_epoch="old")
    here.do(row.uid, STOPPED)
    with here.services.redis.monitor() as monitor:
        here.do(row.uid, RUNNING)
        here.services.redis.ping()
        seen = iter(monitor.listen())
        commands = []
        while "PING" not in (command := str(next(seen)["command"])):
            commands.append(command)
    asked = [command for command in commands if command.startswith(f"RPUSH {keys.ctl(row.uid)}")]
    assert len(asked) == 1
    assert "report_journal" in asked[0]
