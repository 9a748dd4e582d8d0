"""Engines that fail, hang or are away: a start says why it fails, and what shall stop has no rights."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_config import keys
from broker_config.acl import password_hash
from broker_config.wire.errors import EngineAbsent, HuskError, Unavailable
from broker_config.wire.names import new_uid
from broker_config.wire.states import DesiredState, KernelState
from tasks.kernels import broker, locks
from tasks.kernels.disk import DiskWatch
from tasks.kernels.life import change, make_life
from tasks.kernels.locks import Flights
from tasks.kernels.reconciling import Reconciler
from tasks.kernels.reporting import Reporter
from tasks.kernels.settling import settle
from tasks.kernels.stopping import give_up, stop
from tasks.kernels.watching import Watcher
from tasks.ledger.models import Kernel
from tasks.lifecycle import attempt
from tasks.runtimes import images
from tasks.runtimes.connection import connect
from tasks.runtimes.docker import DockerRuntime
from tests.integration.broken_engine import BrokenEngine, broken_engine
from tests.integration.lifecycle_fixture import World, lifecycle_process, world
from tests.integration.redis_server import RedisServer
from tests.waiting import wait_until

RUNNING, STOPPED = DesiredState.RUNNING, DesiredState.STOPPED
FAILS = (500, {"message": "the disk is full"})
LONG_AGO_S = 100.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()
    server.admin.close()


@pytest.fixture
def engine() -> Iterator[BrokenEngine]:
    # A socket's path may not be long.
    with tempfile.TemporaryDirectory() as folder, broken_engine(Path(folder) / "engine.sock") as engine:
        yield engine


@pytest.fixture
def here(server: RedisServer, tmp_path: Path, engine: BrokenEngine) -> Iterator[World]:
    with world(server, tmp_path, start_timeout_s=1.5) as made:
        docker = docker_of(made, engine.url)
        yield made
    close(docker)


def close(docker: DockerRuntime) -> None:
    """Its connections; the runtime keeps them for as long as its process lives."""
    for one in (docker.engine, docker._looks):
        one.client().close()


def docker_of(made: World, url: str) -> DockerRuntime:
    """Serve containers of the engine there as well."""
    settings = made.services.settings.model_copy(update={"engine_url": url})
    docker = DockerRuntime(settings)
    made.life = make_life(made.services, made.runtime, docker)
    return docker


def container_that_runs(made: World, **fields: Any) -> Kernel:
    """A row and a user, as of a kernel whose container is ready."""
    uid, hashed = made.kernel("docked", runtime="docker").uid, password_hash("a-password-of-a-kernel")
    nonce = made.wish(uid, RUNNING)
    ref = {"container": "1" * 64, "intent": nonce}
    change(made.life, uid, KernelState.STARTING, redis_password_sha256=hashed, runtime_ref=ref)
    broker.make_user(made.services.redis, uid, hashed)
    return change(made.life, uid, KernelState.READY, **fields)


def has_user(made: World, uid: str) -> bool:
    return uid in broker.users(made.services.redis)


def test_a_start_that_fails_again_and_again_is_an_error_with_the_reason(
    here: World, engine: BrokenEngine
) -> None:
    engine.answers["/networks"] = FAILS
    here.watch()
    uid = here.kernel(runtime="docker").uid
    here.wish(uid, RUNNING)
    row = here.until(uid, KernelState.ERROR, 20)
    assert "not ready within 1.5 s" in str(row.error)
    assert "the disk is full" in str(row.error)


def test_a_kernel_that_cannot_be_looked_for_is_not_starting_for_ever(
    here: World, engine: BrokenEngine
) -> None:
    engine.answers["/containers/"] = FAILS
    here.watch()
    uid = here.kernel(runtime="docker").uid
    here.wish(uid, RUNNING)
    assert "the disk is full" in str(here.until(uid, KernelState.ERROR, 20).error)


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_kernel_that_is_given_up_has_no_user_whatever_the_engine_says(
    here: World, engine: BrokenEngine, status: int
) -> None:
    row = container_that_runs(here)
    engine.answers["/logs"] = engine.answers[f"/containers/husk-{row.uid}/json"] = (status, {"message": "no"})
    give_up(here.life, row, "the kernel failed")
    assert here.row(row.uid).state == KernelState.ERROR
    assert not has_user(here, row.uid)


@pytest.mark.parametrize("by", ["message", "watch"])
def test_a_stop_while_the_engine_is_away_takes_the_rights_and_is_shown(here: World, by: str) -> None:
    docker_of(here, "unix:///nowhere/engine.sock")
    row = container_that_runs(here)
    nonce = here.wish(row.uid, STOPPED)
    if by == "watch":
        here.watch()
        here.until(row.uid, KernelState.STOPPING, 10)
        wait_until(lambda: not has_user(here, row.uid), 5, "no user")
        return
    with pytest.raises(EngineAbsent):
        settle(here.life, row.uid, nonce)
    assert here.row(row.uid).state == KernelState.STOPPING
    assert not has_user(here, row.uid)


def test_a_kernel_that_shall_run_keeps_its_rights_while_the_engine_is_away(here: World) -> None:
    docker_of(here, "unix:///nowhere/engine.sock")
    row = container_that_runs(here)
    with pytest.raises(EngineAbsent):
        settle(here.life, row.uid)
    assert here.row(row.uid).state == KernelState.READY
    assert has_user(here, row.uid)


def test_a_stop_that_the_engine_refuses_takes_the_rights(here: World, engine: BrokenEngine) -> None:
    row = container_that_runs(here)
    engine.answers["/stop"] = FAILS
    here.wish(row.uid, STOPPED)
    with pytest.raises(Unavailable):
        stop(here.life, here.row(row.uid))
    assert not has_user(here, row.uid)


def test_a_stop_that_was_asked_for_long_ago_does_not_wait_with_the_rights(
    here: World, engine: BrokenEngine
) -> None:
    row = container_that_runs(here)
    engine.hangs = "/stop"
    here.wish(row.uid, STOPPED)
    row = change(here.life, row.uid, intended_at=time.time() - LONG_AGO_S)
    ending = threading.Thread(target=lambda: attempt(lambda: stop(here.life, row)), daemon=True)
    ending.start()
    wait_until(lambda: not has_user(here, row.uid), 3, "no user, though the engine hangs")
    engine.ended.set()
    ending.join(10)


def test_one_kernel_that_cannot_be_understood_does_not_end_the_look(
    here: World, engine: BrokenEngine
) -> None:
    strange = container_that_runs(here)
    engine.answers["GET /v1.43/containers/json"] = (200, [{"Id": 1}])
    other = here.kernel("other").uid
    here.wish(other, RUNNING)
    assert here.row(strange.uid).state == KernelState.READY
    Watcher(here.life).look()
    wait_until(lambda: here.processes(other), 10, "the other is started")


@pytest.mark.parametrize(("age_s", "again"), [(LONG_AGO_S, False), (0.0, True)])
def test_a_failed_kernel_of_which_nothing_is_left_is_not_asked_after_again(
    here: World, engine: BrokenEngine, age_s: float, again: bool
) -> None:
    row = container_that_runs(here)
    give_up(here.life, row, "the kernel failed")
    change(here.life, row.uid, state_since=time.time() - age_s, intended_at=time.time() - 2 * LONG_AGO_S)
    watcher = Watcher(here.life)

    def asks() -> bool:
        before = len(engine.asked)
        watcher.look()
        return any(row.uid in one for one in engine.asked[before:])

    assert asks()
    if again:
        wait_until(asks, 5, "the recorder may still learn of a cell")
        return
    # A look beside a step that is under way asks nothing either: that is not yet being left alone.
    wait_until(lambda: row.uid in watcher._closed, 5, "it is left alone")
    assert not asks()
    here.wish(row.uid, RUNNING)
    wait_until(asks, 5, "it is asked after again")


def test_the_worker_says_that_it_looked_and_lets_go_of_locks_when_it_is_ended(
    server: RedisServer, tmp_path: Path
) -> None:
    with world(server, tmp_path) as here:
        uid, redis = here.kernel().uid, here.services.redis
        redis.delete(keys.LOOKED)
        with lifecycle_process(here, failpoint="start.groups:hang") as process:
            wait_until(lambda: redis.get(keys.LOOKED) == os.uname().nodename, 20, "it looked")
            here.wish(uid, RUNNING)
            wait_until(lambda: redis.exists(keys.events(uid)), 20, "the hang")
            assert redis.exists(keys.lifecycle_lock(uid))
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        assert not redis.exists(keys.lifecycle_lock(uid))


def test_a_user_is_not_swept_while_somebody_works_on_its_kernel(here: World) -> None:
    uid = here.kernel().uid
    broker.make_user(here.services.redis, uid, password_hash("a-password-of-a-kernel"))
    with Flights(here.services.redis).hold(uid, 0.0) as mine:
        assert mine
        Reconciler(here.life).look()
        assert has_user(here, uid)
    Reconciler(here.life).look()
    assert not has_user(here, uid)


def test_a_kernels_lock_is_short_and_renewed_while_it_is_held(here: World, monkeypatch: Any) -> None:
    redis, uid = here.services.redis, new_uid()
    lock = keys.lifecycle_lock(uid)
    monkeypatch.setattr(locks, "RENEW_S", 0.05)
    with Flights(redis).hold(uid, 0.0) as mine:
        assert mine
        assert redis.pttl(lock) <= keys.LIFECYCLE_LOCK_MS
        redis.pexpire(lock, 5_000)
        wait_until(lambda: redis.pttl(lock) > 5_000, 5, "it is renewed")
        redis.set(lock, "somebody else's", px=5_000)
    assert redis.get(lock) == "somebody else's"


def test_sizes_that_cannot_be_measured_are_told_on_every_page(here: World) -> None:
    def banner() -> str:
        Reporter(here.life).report()
        return str(json.loads(str(here.services.redis.get(keys.RUNTIME)))["banner"])

    before = banner()
    watch = DiskWatch(here.life)
    watch._tell("the engine is busy")
    assert "it cannot be measured: the engine is busy" in banner()
    watch._tell("")
    assert banner() == before


def test_a_first_step_that_fails_leaves_the_thread_that_took_it(tmp_path: Path) -> None:
    assert not attempt(lambda: bool((tmp_path / "none" / "gateways").write_text("[]")))
    assert attempt(lambda: None)


def test_what_the_engine_says_of_images_is_an_error_of_ours(here: World, engine: BrokenEngine) -> None:
    settings = here.services.settings.model_copy(update={"engine_url": engine.url})
    client = connect(settings)
    engine.answers["/images/"] = FAILS
    for ask in (images.find, images.listed):
        with pytest.raises(HuskError, match="the disk is full"):
            ask(client, settings)
    client.close()


def test_an_image_that_is_removed_while_images_are_listed_is_left_out(
    here: World, engine: BrokenEngine
) -> None:
    settings = here.services.settings.model_copy(update={"engine_url": engine.url})
    client = connect(settings)
    stays, goes = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    engine.answers["/images/json"] = (200, [{"Id": stays}, {"Id": goes}])
    engine.answers["aaaa/json"] = (200, {"Id": stays, "RepoTags": None})
    assert [one.id for one in images.listed(client, settings)] == [stays]
    client.close()
