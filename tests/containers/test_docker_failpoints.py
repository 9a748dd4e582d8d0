"""The lifecycle worker dies, or hangs and is killed, between any two steps: containers end as they should."""

from __future__ import annotations

import pytest

from tasks import failpoints
from tests.containers.docker_stack import DockerStack
from tests.containers.failing_worker import breaks_at
from tests.integration.faults.rounds import dice_of
from tests.waiting import wait_until

STARTS = [name for name in failpoints.NAMES if name.startswith("start.")]
STOPS = [name for name in failpoints.NAMES if name.startswith("stop.")]
RESTARTS = ["stop.ended", "restart.stopped", "start.spawned"]
DELETES = [name for name in failpoints.NAMES if name.startswith("delete.")]
STEPS = {"in_a_start": STARTS, "in_a_stop": STOPS, "in_a_restart": RESTARTS, "in_a_delete": DELETES}
ACTIONS = ("exit", "hang")
ALL_FROM = 10
pytestmark = pytest.mark.faults


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """As many steps of each action as ``--rounds`` says, freshly drawn, half to die and half to hang at;
    ``make faults`` tries all, both ways."""
    if "failpoint" not in metafunc.fixturenames:
        return
    where = next(name for name in STEPS if name in metafunc.function.__name__)
    steps, rounds = STEPS[where], int(metafunc.config.getoption("--rounds"))
    dice = dice_of(metafunc.config, where, 0)
    most = len(steps) if rounds >= ALL_FROM else min(len(steps), max(1, rounds // 2))
    drawn = [(step, action) for action in ACTIONS for step in dice.sample(steps, most)]
    metafunc.parametrize(("failpoint", "action"), drawn)


@pytest.fixture(scope="module")
def kept(docked: DockerStack) -> str:
    """A kernel with a file, which every test may find in any state."""
    uid = docked.ready()
    docked.said(uid, "open('kept.txt', 'w').write('kept')")
    return uid


@pytest.fixture
def stopped(docked: DockerStack, kept: str) -> str:
    docked.husk.kernels.stop(kept)
    docked.until(kept, "stopped")
    return kept


@pytest.fixture
def running(docked: DockerStack, kept: str) -> str:
    docked.husk.kernels.start(kept)
    docked.husk.kernels.wait_ready(kept)
    return kept


def works(docked: DockerStack, uid: str) -> None:
    """One container, which has the kernel's file."""
    docked.husk.kernels.wait_ready(uid)
    assert docked.said(uid, "print(open('kept.txt').read())") == "kept"
    assert [one.status for one in docked.containers_of(uid)] == ["running"]
    assert docked.has_user(uid)


def is_stopped(docked: DockerStack, uid: str) -> None:
    """No container, no user; the file's volume is there."""
    docked.until(uid, "stopped")
    assert docked.containers_of(uid) == []
    assert not docked.has_user(uid)
    assert volumes(docked, uid) == 1


def volumes(docked: DockerStack, uid: str) -> int:
    """How many the engine has of a kernel."""
    return len(docked.engine.volumes.list(filters={"label": f"husk.kernel={uid}"}))


def is_deleted(docked: DockerStack, uid: str) -> None:
    """The API and the engine have nothing of it."""
    wait_until(lambda: uid not in uids(docked), 40, "it is deleted")
    assert docked.containers_of(uid) == []
    assert volumes(docked, uid) == 0
    assert not docked.has_user(uid)


def uids(docked: DockerStack) -> set[str]:
    """All kernels that the API tells of."""
    return {str(kernel["uid"]) for kernel in docked.husk.kernels.list()}


def test_a_worker_that_breaks_in_a_start_leaves_one_container_that_ends_ready(
    docked: DockerStack, stopped: str, failpoint: str, action: str
) -> None:
    with docked.lifecycle_frozen():
        docked.husk.kernels.start(stopped)
        breaks_at(docked, failpoint, action)
    works(docked, stopped)


def test_a_worker_that_breaks_in_a_stop_leaves_no_container_and_keeps_the_files(
    docked: DockerStack, running: str, failpoint: str, action: str
) -> None:
    with docked.lifecycle_frozen():
        docked.husk.kernels.stop(running)
        breaks_at(docked, failpoint, action)
    is_stopped(docked, running)


def test_a_worker_that_breaks_in_a_restart_leaves_one_new_container(
    docked: DockerStack, running: str, failpoint: str, action: str
) -> None:
    before = docked.container(running).id
    with docked.lifecycle_frozen():
        docked.husk.kernels.restart(running)
        breaks_at(docked, failpoint, action)
    wait_until(
        lambda: [one.id for one in docked.containers_of(running)] not in ([], [before]), 40, "a new container"
    )
    works(docked, running)


def test_a_worker_that_breaks_in_a_delete_leaves_nothing(
    docked: DockerStack, failpoint: str, action: str
) -> None:
    uid = docked.ready()
    with docked.lifecycle_frozen():
        docked.husk.kernels.delete(uid)
        breaks_at(docked, failpoint, action)
    is_deleted(docked, uid)
