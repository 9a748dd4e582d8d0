"""A cell in a container that is stopped: through Husk, and past it."""

from __future__ import annotations

from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

LONG = "print('on', flush=True)\nimport time\ntime.sleep(600)"


def running_cell(docked: DockerStack, uid: str) -> str:
    cell = str(docked.husk.executions.submit(uid, LONG)["id"])
    wait_until(lambda: docked.husk.executions.get(cell)["stdout"] == "on\n", 20, "it runs")
    return cell


def test_a_stop_through_husk_cancels_the_cell(docked: DockerStack) -> None:
    uid = docked.ready()
    cell = running_cell(docked, uid)
    docked.husk.kernels.stop(uid)
    docked.until(uid, "stopped")
    ended = docked.ended(cell)
    assert (ended["status"], ended["stdout"]) == ("cancelled", "on\n")
    docked.husk.kernels.delete(uid)


def test_a_stop_past_husk_fails_the_cell_and_says_so(docked: DockerStack) -> None:
    uid = docked.ready()
    cell = running_cell(docked, uid)
    docked.container(uid).stop(timeout=10)
    ended = docked.ended(cell)
    assert (ended["status"], ended["error"]["type"]) == ("failed", "KernelStopped")
    assert "the kernel was stopped from outside while this cell ran" in ended["error"]["message"]
    assert "was stopped from outside" in str(docked.until(uid, "error")["error"])
    docked.husk.kernels.delete(uid)
