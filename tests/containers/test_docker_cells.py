"""Cells in a container: they run, are interrupted, eat memory; and a stop is a stop."""

from __future__ import annotations

import os
import signal

import pytest

from tests.containers.docker_stack import DockerStack, pids_of, seconds_until
from tests.waiting import wait_until

RIGHTS_S = 5.0
STOP_S = 15.0
FULL = "x = bytearray(3 * 10**9)"
CHILD = (
    "import subprocess, sys\n"
    "done = subprocess.run([sys.executable, '-c', \"open('/proc/self/oom_score_adj','w').write('1000');"
    ' x = bytearray(3 * 10**9)"])\n'
    "print(done.returncode)"
)


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready()


def test_a_cell_runs_as_the_runner_and_sees_the_packages_of_its_image(docked: DockerStack, uid: str) -> None:
    assert (
        docked.said(uid, "import os, polars; print(os.getuid(), pl.DataFrame({'a': [1]}).height)")
        == "10002 1"
    )


def test_the_kernel_says_that_it_is_isolated(docked: DockerStack, uid: str) -> None:
    kernel = docked.husk.kernels.get(uid)
    assert (kernel["runtime"], kernel["isolated"]) == ("docker", True)


def test_what_a_cell_shares_comes_back_from_the_store(docked: DockerStack, uid: str) -> None:
    write = (
        "import flowfile; open(flowfile.get_shared_location('docked/one.txt'), 'w').write('over the gateway')"
    )
    assert docked.run(uid, write)["status"] == "succeeded"
    other = docked.ready(network="isolated")
    read = "import flowfile; print(open(flowfile.get_shared_location('docked/one.txt')).read())"
    assert docked.said(other, read) == "over the gateway"
    docked.husk.kernels.delete(other)


def test_a_cancel_interrupts_the_cell_and_keeps_the_variables(docked: DockerStack, uid: str) -> None:
    docked.run(uid, "kept = 41")
    sent = docked.husk.executions.submit(uid, "import time\nprint('in')\ntime.sleep(600)")["id"]
    wait_until(lambda: docked.husk.executions.get(sent)["status"] == "running", 10, "it runs")
    docked.husk.executions.cancel(sent)
    ended = docked.ended(sent, 10)
    assert (ended["status"], docked.said(uid, "print(kept + 1)")) == ("cancelled", "42")


def test_memory_is_the_working_set_with_the_limit(docked: DockerStack, uid: str) -> None:
    def used() -> int:
        memory = docked.husk.kernels.get(uid)["memory"]
        assert memory is not None
        assert memory["limit_bytes"] == 1_000_000_000
        return int(memory["used_bytes"])

    before = used()
    docked.run(uid, "held = bytearray(b'x' * 300_000_000)")
    wait_until(lambda: used() > before + 250_000_000, 10, "the figure follows")
    docked.run(uid, "del held")


def test_a_runner_that_ate_the_memory_is_named_with_limit_and_peak_and_usable_again(
    docked: DockerStack, uid: str
) -> None:
    ended = docked.run(uid, FULL)
    assert ended["status"] == "failed"
    assert ended["error"]["type"] == "OutOfMemory"
    assert "the limit is 1.00 GB, peak " in ended["error"]["message"]
    seconds_until(lambda: docked.run(uid, "1")["status"] == "succeeded", 10, "usable again")


def test_a_child_that_ate_the_memory_leaves_runner_and_variables(docked: DockerStack, uid: str) -> None:
    docked.run(uid, "kept = 7")
    assert docked.said(uid, CHILD) == "-9"
    assert docked.said(uid, "print(kept)") == "7"


def test_a_restart_gives_a_new_container_and_keeps_the_spool(docked: DockerStack, uid: str) -> None:
    docked.run(uid, "open('mine.txt', 'w').write('still here')")
    before = docked.container(uid).id
    docked.husk.kernels.restart(uid)
    wait_until(lambda: docked.state(uid) == "ready" and docked.container(uid).id != before, 60, "a new one")
    assert docked.said(uid, "print(open('mine.txt').read())") == "still here"


def test_a_container_that_ignores_everything_loses_its_rights_at_once_and_ends(docked: DockerStack) -> None:
    uid = docked.ready()
    found = pids_of(docked.container(uid))
    for pid in (*found["init"], *found["agent"]):
        os.kill(pid, signal.SIGSTOP)
    docked.husk.kernels.stop(uid)
    assert seconds_until(lambda: not docked.has_user(uid), RIGHTS_S + 1, "its user is gone") <= RIGHTS_S
    seconds_until(lambda: docked.state(uid) == "stopped", STOP_S, "it is stopped")
    assert docked.containers_of(uid) == []


def test_a_paused_container_can_be_stopped(docked: DockerStack) -> None:
    uid = docked.ready()
    docked.container(uid).pause()
    docked.husk.kernels.stop(uid)
    seconds_until(lambda: docked.state(uid) == "stopped", STOP_S, "it is stopped")
    assert docked.containers_of(uid) == []


def test_a_delete_leaves_neither_container_nor_spool_nor_user(docked: DockerStack) -> None:
    uid = docked.ready()
    docked.husk.kernels.delete(uid)
    wait_until(lambda: uid not in {one["uid"] for one in docked.husk.kernels.list()}, 20, "it is deleted")
    assert docked.containers_of(uid) == []
    assert not docked.engine.volumes.list(filters={"label": f"husk.kernel={uid}"})
    assert not docked.has_user(uid)
