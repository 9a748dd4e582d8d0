"""Kernels in containers with packages of their own; the lifecycle worker dies at every step of building."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import docker
import docker.errors
import pytest

from broker_config.wire.errors import ResolutionFailed
from tasks import failpoints
from tasks.runtimes.instance import BUILDER, BUILT, ENVIRONMENT, INSTANCE
from tests.containers.docker_stack import DockerStack
from tests.containers.failing_worker import dies_at
from tests.integration.faults.rounds import dice_of
from tests.waiting import wait_until

PACKAGE = "threadpoolctl==3.5.0"
LONGEST_S = 2.5
"""A build of that package takes about as long."""
STEPS = [name for name in failpoints.NAMES if name.startswith("build.")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """As many steps as ``--rounds`` says, freshly drawn; ``make faults`` dies at all."""
    rounds = int(metafunc.config.getoption("--rounds"))
    if "moment_s" in metafunc.fixturenames:
        dice = dice_of(metafunc.config, "builder", 0)
        metafunc.parametrize("moment_s", [round(dice.uniform(0, LONGEST_S), 2) for _ in range(rounds)])
    if "failpoint" in metafunc.fixturenames:
        drawn = dice_of(metafunc.config, "build", 0).sample(STEPS, min(rounds, len(STEPS)))
        metafunc.parametrize("failpoint", sorted(drawn, key=STEPS.index))


def volumes(docked: DockerStack, *more: str) -> list[Any]:
    """Of environments; those that say that one is whole have the label ``BUILT``."""
    filters = {"label": [f"{INSTANCE}={docked.instance}", ENVIRONMENT, *more]}
    found: list[Any] = docked.engine.volumes.list(filters=filters)
    return found


def builders(docked: DockerStack) -> list[Any]:
    """Containers that build, in any state."""
    filters = {"label": [f"{INSTANCE}={docked.instance}", BUILDER]}
    found: list[Any] = docked.engine.containers.list(all=True, filters=filters, ignore_removed=True)
    return found


def killed(docked: DockerStack) -> bool:
    """Whether a builder was running and is killed; one that is only created cannot be."""
    for builder in builders(docked):
        with contextlib.suppress(docker.errors.APIError):
            builder.kill()
            return True
    return False


def forget(docked: DockerStack) -> None:
    """Remove every environment; a kernel of an earlier test may be going still."""

    def gone() -> bool:
        for volume in volumes(docked):
            with contextlib.suppress(docker.errors.APIError):
                volume.remove(force=True)
        return not volumes(docked)

    wait_until(gone, 40, "no environment is there")


@pytest.fixture(scope="module")
def packed(docked: DockerStack) -> str:
    """A kernel with a package that its image does not hold, stopped or not."""
    return docked.new(packages=[PACKAGE])


@pytest.fixture
def stopped(docked: DockerStack, packed: str) -> str:
    docked.husk.kernels.stop(packed)
    docked.until(packed, "stopped")
    return packed


def works(docked: DockerStack, uid: str) -> None:
    """One environment, whole, and nothing besides."""
    docked.husk.kernels.wait_ready(uid, 120)
    assert docked.said(uid, "import threadpoolctl; print(threadpoolctl.__version__)") == "3.5.0"
    assert [len(volumes(docked)), len(volumes(docked, BUILT)), builders(docked)] == [2, 1, []]


def test_a_kernel_is_building_first_and_the_next_start_installs_nothing(
    docked: DockerStack, stopped: str
) -> None:
    forget(docked)
    docked.husk.kernels.start(stopped)
    docked.until(stopped, "building")
    works(docked, stopped)
    before = sorted(volume.name for volume in volumes(docked))
    docked.husk.kernels.stop(stopped)
    docked.until(stopped, "stopped")
    docked.husk.kernels.start(stopped)
    works(docked, stopped)
    assert sorted(volume.name for volume in volumes(docked)) == before


def test_two_kernels_with_one_lock_share_one_volume(docked: DockerStack, packed: str) -> None:
    other = docked.ready(packages=[PACKAGE])
    docked.husk.kernels.start(packed)
    works(docked, packed)
    mounted = {
        mount["Name"]
        for uid in (packed, other)
        for mount in docked.container(uid).attrs["Mounts"]
        if mount["Destination"] == "/opt/husk/environment" and not mount["RW"]
    }
    assert len(mounted) == 1
    docked.husk.kernels.delete(other)


def test_a_stop_cancels_a_build(docked: DockerStack, stopped: str) -> None:
    forget(docked)
    docked.husk.kernels.start(stopped)
    wait_until(lambda: builders(docked), 40, "it is being built")
    docked.husk.kernels.stop(stopped)
    docked.until(stopped, "stopped")
    wait_until(lambda: not builders(docked), 20, "the builder is gone")
    wait_until(lambda: len(volumes(docked)) in {0, 2}, 20, "nothing is half-made")


def test_a_builder_that_is_killed_is_an_error_with_its_lines_and_a_start_builds_again(
    docked: DockerStack, stopped: str
) -> None:
    forget(docked)
    docked.husk.kernels.start(stopped)
    wait_until(lambda: killed(docked), 40, "it is being built")
    failed = docked.until(stopped, "error")
    assert "the builder's container ended with exit code 137" in failed["error"]
    assert volumes(docked) == []
    docked.husk.kernels.start(stopped)
    works(docked, stopped)


@pytest.mark.faults
def test_a_worker_that_dies_while_it_builds_leaves_one_environment_that_is_whole(
    docked: DockerStack, stopped: str, failpoint: str
) -> None:
    forget(docked)
    with docked.lifecycle_frozen():
        docked.husk.kernels.start(stopped)
        dies_at(docked, failpoint)
    works(docked, stopped)


@pytest.mark.faults
def test_a_builder_that_is_killed_at_any_moment_leaves_nothing_half_made(
    docked: DockerStack, stopped: str, moment_s: float
) -> None:
    forget(docked)
    docked.husk.kernels.start(stopped)
    wait_until(lambda: builders(docked), 40, "it is being built")
    threading.Event().wait(moment_s)
    for builder in builders(docked):
        with contextlib.suppress(docker.errors.APIError):  # it was faster
            builder.kill()
    ended = wait_until(lambda: docked.state(stopped) in {"error", "ready", "executing"}, 60, "it ended")
    assert ended
    if docked.state(stopped) == "error":
        assert volumes(docked) == []
        docked.husk.kernels.start(stopped)
    works(docked, stopped)


def test_packages_of_the_agents_own_names_do_not_reach_it(docked: DockerStack) -> None:
    uid = docked.ready(packages=["celery==4.4.7", "redis==3.5.3"])
    code = "from importlib.metadata import version; import redis; print(version('celery'), redis.__version__)"
    assert docked.said(uid, code) == "4.4.7 3.5.3"
    docked.husk.kernels.delete(uid)


def test_what_has_sources_alone_is_built_in_a_builder_where_that_is_allowed(docked: DockerStack) -> None:
    with pytest.raises(ResolutionFailed, match="docopt"):
        docked.new(packages=["docopt==0.6.2"])
    uid = docked.ready(packages=["docopt==0.6.2"], allow_sdist=True)
    assert docked.said(uid, "import docopt; print(docopt.__version__)") == "0.6.2"
    docked.husk.kernels.delete(uid)


def test_what_people_pin_wins_over_the_image(docked: DockerStack) -> None:
    uid = docked.ready(packages=["pandas==2.1.0", "scikit-learn==1.4.0"], memory_gb=1.5)
    code = (
        "import pandas, sklearn, numpy; print(pandas.__version__, sklearn.__version__, numpy.__version__[0])"
    )
    assert docked.said(uid, code) == "2.1.0 1.4.0 1"
    docked.husk.kernels.delete(uid)
