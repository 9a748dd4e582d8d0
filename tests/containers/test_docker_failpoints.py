"""The lifecycle worker dies or hangs between any two steps: containers end as they should, each once."""

from __future__ import annotations

import pytest

from tasks import failpoints
from tests.containers.docker_stack import DockerStack
from tests.containers.failing_worker import dies_at, hangs_at
from tests.integration.faults.rounds import dice_of
from tests.waiting import wait_until

STARTS = [name for name in failpoints.NAMES if name.startswith("start.")]
STOPS = [name for name in failpoints.NAMES if name.startswith("stop.")]
RESTARTS = ["stop.ended", "restart.stopped", "start.spawned"]
DELETES = [name for name in failpoints.NAMES if name.startswith("delete.")]
STEPS = {"in_a_start": STARTS, "in_a_stop": STOPS, "in_a_restart": RESTARTS, "in_a_delete": DELETES}
pytestmark = pytest.mark.faults


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """As many steps of each action as ``--rounds`` says, freshly drawn; ``make faults`` dies at all."""
    if "failpoint" not in metafunc.fixturenames:
        return
    action = next(name for name in STEPS if name in metafunc.function.__name__)
    steps, rounds = STEPS[action], int(metafunc.config.getoption("--rounds"))
    drawn = dice_of(metafunc.config, action, 0).sample(steps, min(rounds, len(steps)))
    metafunc.parametrize("failpoint", sorted(drawn, key=steps.index))


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


def test_a_worker_that_dies_in_a_start_leaves_one_container_that_ends_ready(
    docked: DockerStack, stopped: str, failpoint: str
) -> None:
    with docked.lifecycle_frozen():
        docked.husk.kernels.start(stopped)
        dies_at(docked, failpoint)
    works(docked, stopped)


def test_a_worker_that_dies_in_a_stop_leaves_no_container_and_keeps_the_files(
    docked: DockerStack, running: str, failpoint: str
) -> None:
    with docked.lifecycle_frozen():
        docked.husk.kernels.stop(running)
        dies_at(docked, failpoint)
    is_stopped(docked, running)


def test_a_worker_that_dies_in_a_restart_leaves_one_new_container(
    docked: DockerStack, running: str, failpoint: str
) -> None:
    before = docked.container(running).id
    with docked.lifecycle_frozen():
        docked.husk.kernels.restart(running)
        dies_at(docked, failpoint)
    wait_until(
        lambda: [one.id for one in docked.containers_of(running)] not in ([], [before]), 40, "a new container"
    )
    works(docked, running)


def test_a_worker_that_dies_in_a_delete_leaves_nothing(docked: DockerStack, failpoint: str) -> None:
    uid = docked.ready()
    with docked.lifecycle_frozen():
        docked.husk.kernels.delete(uid)
        dies_at(docked, failpoint)
    is_deleted(docked, uid)


def test_a_worker_that_hangs_in_a_start_and_is_killed_holds_nothing_up(
    docked: DockerStack, stopped: str
) -> None:
    with docked.lifecycle_frozen():
        docked.husk.kernels.start(stopped)
        hangs_at(docked, "start.noted", lambda: len(docked.containers_of(stopped)) == 1)
        assert docked.state(stopped) == "starting"
    works(docked, stopped)


def test_a_worker_that_hangs_in_a_stop_and_is_killed_holds_nothing_up(
    docked: DockerStack, running: str
) -> None:
    with docked.lifecycle_frozen():
        docked.husk.kernels.stop(running)
        hangs_at(docked, "stop.ended", lambda: not docked.containers_of(running))
        assert docked.state(running) == "stopping"
    is_stopped(docked, running)


def test_a_worker_that_hangs_in_a_delete_and_is_killed_holds_nothing_up(docked: DockerStack) -> None:
    uid = docked.ready()
    with docked.lifecycle_frozen():
        docked.husk.kernels.delete(uid)
        hangs_at(docked, "delete.stopped", lambda: not docked.containers_of(uid))
    is_deleted(docked, uid)
