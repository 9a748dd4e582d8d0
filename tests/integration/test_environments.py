"""Kernels with packages, as processes: built once for a lock, whoever dies meanwhile."""

from __future__ import annotations

import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker_config import keys
from broker_config.wire.states import DesiredState, KernelState
from tasks import failpoints
from tasks.environments.build_log import lines
from tasks.environments.collecting import Collector
from tasks.environments.locks import Lock, Pin
from tasks.environments.progress import Progress
from tasks.kernels.settling import settle
from tasks.ledger import environments
from tasks.ledger.models import Kernel
from tests.integration.lifecycle_fixture import World, lifecycle_process, world
from tests.integration.package_index import Index, lock_of, serving
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

RUN, STOP, DELETE = DesiredState.RUNNING, DesiredState.STOPPED, DesiredState.DELETED
SITE = sysconfig.get_paths()["purelib"]
BUILD_S = 40.0
DEATHS = ("build.row", "build.begun", "build.done")


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    """An index of this module."""
    with serving() as made:
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of this module."""
    made = RedisServer(tmp_path_factory.mktemp("redis"))
    yield made
    made.kill()
    made.admin.close()


@pytest.fixture
def here(server: RedisServer, tmp_path: Path, index: Index) -> Iterator[World]:
    """A world whose packages come from the index."""
    index.trouble.clear()
    with world(server, tmp_path / "world", index_url=index.url) as made:
        yield made


def bridge(index: Index) -> Pin:
    """A package by which a runner finds what these tests run on: the base set takes long to install."""
    line = f"import sys; sys.path.append({SITE!r})\n"
    return index.put("bridge", "1.0", {"bridge.pth": line, "bridge.py": ""})


def kept(here: World, index: Index, name: str = "tiny", version: str = "1.0") -> Lock:
    """A lock of a package, in the ledger."""
    lock = lock_of(bridge(index), index.put(name, version))
    with here.services.ledger.write() as s:
        environments.keep(s, lock, here.owner, time.time())
    return lock


def kernel(here: World, lock: Lock, slug: str = "mine") -> Kernel:
    """A kernel of this lock."""
    return here.kernel(slug, lock_digest=lock.digest, packages=list(lock.packages))


def left(here: World) -> list[str]:
    """What there is in the folder of environments, besides whole ones and the runner's code."""
    folder = here.services.settings.environments_dir
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return [name for name in names if len(name) != 64 and name != ".runner"]


def wheels(index: Index, name: str = "tiny") -> int:
    """How often a wheel was fetched."""
    return sum(f"/{name}/{name}" in path and path.endswith(".whl") for path in index.asked)


@contextmanager
def worker(here: World, failpoint: str = "") -> Iterator[None]:
    """A lifecycle worker in a process of its own; with a failpoint it has died there at the beginning."""
    with lifecycle_process(here, failpoint=failpoint and f"{failpoint}:exit") as process:
        if failpoint:
            assert process.wait(BUILD_S) == failpoints.EXIT_CODE
        yield


def test_a_kernel_waits_in_building_and_then_has_its_packages(here: World, index: Index) -> None:
    lock = kept(here, index)
    uid = kernel(here, lock).uid
    index.trouble["tiny-1.0-py3-none-any.whl"] = "hang"
    nonce = here.wish(uid, RUN)
    assert settle(here.life, uid, nonce, wait_s=20)
    assert here.row(uid).state == KernelState.BUILDING
    index.trouble.clear()
    here.do(uid, STOP)
    here.do(uid, RUN)
    here.watch()
    here.until(uid, KernelState.READY, BUILD_S)
    assert lines(here.services.redis, lock.digest)
    assert left(here) == []


def test_a_start_installs_nothing_where_the_environment_is_there(here: World, index: Index) -> None:
    lock = kept(here, index)
    here.watch()
    uid = kernel(here, lock).uid
    here.do(uid, RUN)
    here.until(uid, KernelState.READY, BUILD_S)
    here.do(uid, STOP)
    before = len(index.asked)
    here.services.redis.delete(keys.environment_log(lock.digest))
    here.do(uid, RUN)
    assert here.row(uid).state in {KernelState.STARTING, KernelState.READY}
    here.until(uid, KernelState.READY)
    assert len(index.asked) == before
    assert lines(here.services.redis, lock.digest) == []


def test_many_kernels_of_one_lock_wait_for_one_build(here: World, index: Index) -> None:
    lock = kept(here, index, "shared")
    here.watch()
    uids = [kernel(here, lock, f"k{number}").uid for number in range(4)]
    for uid in uids:
        here.do(uid, RUN)
    for uid in uids:
        here.until(uid, KernelState.READY, BUILD_S)
    assert wheels(index, "shared") == 1
    assert here.runtime.environments.whole() == {lock.digest}


def test_two_workers_make_one_build(here: World, index: Index) -> None:
    lock = kept(here, index, "both")
    index.trouble["both-1.0-py3-none-any.whl"] = "hang"
    uids = [kernel(here, lock, f"k{number}").uid for number in range(2)]
    with worker(here):
        here.wish(uids[0], RUN)
        wait_until(lambda: wheels(index, "both"), 20, "the wheel is asked for")
        here.watch()
        here.do(uids[1], RUN)
        assert here.row(uids[1]).state == KernelState.BUILDING
        assert here.life.builds.progress(here.row(uids[1])) is Progress.RUNNING
        index.trouble.clear()
        for uid in uids:
            here.until(uid, KernelState.READY, 60)
    assert here.runtime.environments.whole() == {lock.digest}
    assert left(here) == []
    assert len([line for line in lines(here.services.redis, lock.digest) if "compiling" in line]) == 1


def test_what_cannot_be_built_is_an_error_with_the_last_lines_and_the_old_one_stays(
    here: World, index: Index
) -> None:
    old, new = kept(here, index), kept(here, index, version="2.0")
    here.watch()
    first = kernel(here, old).uid
    here.do(first, RUN)
    here.until(first, KernelState.READY, BUILD_S)
    index.trouble["tiny-2.0-py3-none-any.whl"] = "404"
    second = kernel(here, new, "second").uid
    here.do(second, RUN)
    failed = here.until(second, KernelState.ERROR, BUILD_S)
    assert failed.error is not None
    assert "tiny" in failed.error
    assert "Last lines of the build:" in failed.error
    assert here.runtime.environments.whole() == {old.digest}
    assert left(here) == []
    # Asked again, it is tried again.
    index.trouble.clear()
    here.do(second, RUN)
    here.until(second, KernelState.READY, BUILD_S)


def test_a_stop_cancels_a_build_that_hangs_and_leaves_nothing(here: World, index: Index) -> None:
    lock = kept(here, index, "slow")
    index.trouble["slow-1.0-py3-none-any.whl"] = "hang"
    here.watch()
    uid = kernel(here, lock).uid
    here.do(uid, RUN)
    wait_until(lambda: wheels(index, "slow"), 20, "the wheel is asked for")
    began = time.monotonic()
    here.do(uid, STOP)
    here.until(uid, KernelState.STOPPED)
    assert time.monotonic() - began < 10
    wait_until(lambda: left(here) == [], 10, "nothing is half-made")
    assert here.runtime.environments.whole() == set()
    said = lines(here.services.redis, lock.digest)
    wait_until(lambda: "cancelled" in lines(here.services.redis, lock.digest)[-1], 10, f"it is told: {said}")


def test_a_build_goes_on_for_those_who_still_wait(here: World, index: Index) -> None:
    lock = kept(here, index, "slow2")
    index.trouble["slow2-1.0-py3-none-any.whl"] = "hang"
    here.watch()
    one, other = kernel(here, lock).uid, kernel(here, lock, "other").uid
    for uid in (one, other):
        here.do(uid, RUN)
    wait_until(lambda: wheels(index, "slow2"), 20, "the wheel is asked for")
    here.do(one, STOP)
    index.trouble.clear()
    here.until(other, KernelState.READY, 60)


@pytest.mark.parametrize("failpoint", DEATHS)
def test_a_worker_that_dies_while_it_builds_leaves_one_environment(
    here: World, index: Index, failpoint: str
) -> None:
    lock = kept(here, index)
    uid = kernel(here, lock).uid
    here.wish(uid, RUN)
    with worker(here, failpoint):
        assert here.row(uid).state == KernelState.BUILDING
    with worker(here):
        here.until(uid, KernelState.READY, BUILD_S)
        assert here.runtime.environments.whole() == {lock.digest}
        assert left(here) == []


def test_a_worker_that_is_killed_in_the_middle_of_installing_leaves_nothing_and_the_next_goes_on(
    here: World, index: Index
) -> None:
    lock = kept(here, index, "heavy")
    uid = kernel(here, lock).uid
    index.trouble["heavy-1.0-py3-none-any.whl"] = "hang"
    here.wish(uid, RUN)
    with lifecycle_process(here) as process:
        wait_until(lambda: wheels(index, "heavy"), 20, "the wheel is asked for")
        process.kill()
    index.trouble.clear()
    with worker(here):
        here.until(uid, KernelState.READY, BUILD_S)
        assert left(here) == []


def test_husk_down_ends_what_is_being_built_and_the_next_up_goes_on(here: World, index: Index) -> None:
    lock = kept(here, index, "down")
    uid = kernel(here, lock).uid
    index.trouble["down-1.0-py3-none-any.whl"] = "hang"
    here.wish(uid, RUN)
    with worker(here):
        wait_until(lambda: wheels(index, "down"), 20, "the wheel is asked for")
        with lifecycle_process(here, "--stop-kernels") as ends:
            assert ends.wait(30) == 0
        assert here.row(uid).state == KernelState.STOPPED
        wait_until(lambda: left(here) == [], 10, "nothing is half-made")
    index.trouble.clear()
    with worker(here):
        here.until(uid, KernelState.READY, BUILD_S)


def test_what_no_kernel_has_goes_and_what_one_has_stays(here: World, index: Index) -> None:
    used, unused = kept(here, index), kept(here, index, version="3.0")
    here.watch()
    one, other = kernel(here, used).uid, kernel(here, unused, "other").uid
    for uid in (one, other):
        here.do(uid, RUN)
        here.until(uid, KernelState.READY, BUILD_S)
    collector = Collector(here.services, here.life.runtimes)
    collector.look()
    here.do(other, DELETE)
    here.services.settings.environment_keep_days = 1
    collector.look()
    assert here.runtime.environments.whole() == {used.digest, unused.digest}
    field = f"process {unused.digest}"
    here.services.redis.hset(keys.ENVIRONMENTS_UNUSED, field, repr(time.time() - 90_000))
    collector.look()
    assert here.runtime.environments.whole() == {used.digest}
    assert here.services.redis.hgetall(keys.ENVIRONMENTS_UNUSED) == {}
    assert here.row(one).state == KernelState.READY


def test_packages_never_reach_the_agent(here: World, index: Index) -> None:
    pins = [
        bridge(index),
        index.put("celery", "4.0", {"celery/__init__.py": "raise ImportError('this is the user\\'s')"}),
        index.put("redis", "3.0", {"redis/__init__.py": "raise ImportError('this is the user\\'s')"}),
        index.put("shadow", "1.0", {"json.py": "raise ImportError('this is the user\\'s')"}),
    ]
    lock = lock_of(*pins)
    with here.services.ledger.write() as s:
        environments.keep(s, lock, here.owner, time.time())
    here.watch()
    uid = kernel(here, lock).uid
    here.do(uid, RUN)
    here.until(uid, KernelState.READY, BUILD_S)
