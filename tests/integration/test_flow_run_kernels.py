"""Kernels of runs that do not run: started and stopped again, refused, or failing their nodes with words."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from run_world import RunWorld, node

from broker_config.wire.errors import KernelNotRunning
from broker_config.wire.states import DesiredState as D
from broker_config.wire.states import KernelState as K
from broker_config.wire.states import RunState
from tasks import asking, flow_runs
from tasks.environments.locks import Lock
from tasks.ledger import environments, kernels
from tasks.ledger.models import Kernel
from tests.integration.control_plane import control_plane
from tests.integration.flow_world import FlowWorld
from tests.integration.ledger_rows import NOW, new_kernel
from tests.integration.redis_server import RedisServer
from tests.integration.weed import Weed, weed_settings
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunWorld]:
    """A world with a lifecycle worker, which starts its kernels."""
    folder = tmp_path_factory.mktemp("runs")
    settings = weed_settings(folder)
    weed, server = Weed(settings), RedisServer(folder)
    shared: dict[str, Any] = {n: getattr(settings, n) for n in ("s3_port", "weed_port", "s3_secret_key")}
    try:
        weed.start()
        with control_plane(
            *(server, folder, "recorder", "desk", "lifecycle"), memory_gb_per_user=4.0, **shared
        ) as plane:
            made = RunWorld(FlowWorld(weed, plane, plane.add_user()), folder, ExitStack())
            made.start_worker()
            with made.ticks():
                yield made
                stop_all(made)
    finally:
        server.kill()
        weed.kill()
        weed.sweep()


def stop_all(world: RunWorld) -> None:
    """No kernel of this module outlives it."""
    for uid in list(uids(world)):
        asking.wish(world.services, uid, D.STOPPED)
    wait_until(lambda: all(row(world, uid).state in (K.STOPPED, K.ERROR) for uid in uids(world)), 60, "stops")


def uids(world: RunWorld) -> list[str]:
    with world.services.ledger.read() as s:
        return [kernel.uid for kernel in kernels.alive(s)]


def add(world: RunWorld, slug: str, state: K = K.STOPPED, **fields: Any) -> str:
    """A kernel that nobody has started; its uid."""
    values = {"runtime": "process", **fields}
    with world.services.ledger.write() as s:
        kernel = kernels.create(s, new_kernel(world.world.owner.id, slug, **values), NOW)
        if state is K.ERROR:
            kernels.move(s, kernel, K.ERROR, time.time(), error="the disk is full")
        return kernel.uid


def row(world: RunWorld, uid: str) -> Kernel:
    return world.world.plane.kernel(uid)


def until_stopped(world: RunWorld, uid: str) -> None:
    wait_until(lambda: row(world, uid).state == K.STOPPED, 40, "the kernel is stopped")


def test_a_stopped_kernel_is_started_for_a_run_and_stopped_after_it(world: RunWorld) -> None:
    uid = add(world, "woken")
    run_id = world.run(world.flow(node("a", "print(1)", "woken"), node("b", "1", "woken")), timeout_s=90)
    assert list(world.row(run_id).woken) == [uid]
    until_stopped(world, uid)
    assert row(world, uid).desired_state == D.STOPPED
    assert "run" in str(row(world, uid).note)


def test_a_kernel_that_another_run_needs_is_stopped_after_that_one(world: RunWorld) -> None:
    uid = add(world, "shared")
    first = world.make(world.flow(node("a", "1", "shared")))
    second = world.make(world.flow(node("b", "import time; time.sleep(3)", "shared")))
    assert world.until_ended(first, second, timeout_s=90) == [RunState.SUCCEEDED] * 2
    until_stopped(world, uid)


def test_a_kernel_that_somebody_started_meanwhile_goes_on(world: RunWorld) -> None:
    uid = add(world, "wanted")
    run_id = world.make(world.flow(node("a", "import time; time.sleep(2)", "wanted")))
    wait_until(lambda: row(world, uid).state == K.READY, 60, "the kernel is ready")
    asking.wish(world.services, uid, D.RUNNING)
    assert world.until_ended(run_id, timeout_s=60) == [RunState.SUCCEEDED]
    assert (row(world, uid).desired_state, row(world, uid).state) == (D.RUNNING, K.READY)
    asking.wish(world.services, uid, D.STOPPED)
    until_stopped(world, uid)


def test_a_run_that_starts_no_kernels_is_refused_with_their_names(world: RunWorld) -> None:
    add(world, "asleep")
    with pytest.raises(KernelNotRunning, match="'asleep'"):
        world.make(world.flow(node("a", "1", "asleep")), start_kernels=False)


def test_a_kernel_that_has_died_is_started_for_a_run_and_goes_on_where_somebody_wants_it(
    world: RunWorld,
) -> None:
    uid = add(world, "died")
    asking.wish(world.services, uid, D.RUNNING)
    wait_until(lambda: row(world, uid).state == K.READY, 60, "the kernel is ready")
    os.kill(int(row(world, uid).runtime_ref["pid"]), signal.SIGKILL)
    wait_until(lambda: row(world, uid).state == K.ERROR, 60, "its death is told")
    assert world.until_ended(world.make(world.flow(node("a", "1", "died"))), timeout_s=90) == [
        RunState.SUCCEEDED
    ]
    assert (row(world, uid).desired_state, row(world, uid).state) == (D.RUNNING, K.READY)
    asking.wish(world.services, uid, D.STOPPED)
    until_stopped(world, uid)


def test_a_kernel_that_cannot_start_is_tried_once_and_fails_its_nodes_with_its_own_words(
    world: RunWorld,
) -> None:
    with world.services.ledger.write() as s:
        lock = environments.keep(s, Lock("2.7", "base", (), "of another Python", False), None, NOW)
    add(world, "broken", K.ERROR, lock_digest=lock)
    run_id = world.make(world.flow(node("a", "1", "broken"), node("b", "1", "broken"), edges=["a>b"]))
    assert world.until_ended(run_id, timeout_s=60) == [RunState.FAILED]
    words = str(world.nodes(run_id)["a"].error)
    assert "is in error" in words
    assert "the disk is full" not in words  # that was before
    assert world.states(run_id) == {"a": "failed", "b": "skipped"}


def test_a_start_over_the_quota_fails_the_node_with_the_reason(world: RunWorld) -> None:
    uid = add(world, "large", memory_gb=64.0)
    run_id = world.make(world.flow(node("a", "1", "large")))
    assert world.until_ended(run_id) == [RunState.FAILED]
    assert "64 GB" in str(world.nodes(run_id)["a"].error)
    assert row(world, uid).desired_state == D.STOPPED


def test_a_kernel_that_is_deleted_before_its_node_begins_fails_it(world: RunWorld) -> None:
    uid = add(world, "gone")
    run_id = world.make(world.flow(node("a", "1", "gone")), wake=False)
    with world.services.ledger.write() as s:
        kernel = kernels.get(s, uid)
        assert kernel is not None
        kernels.intend(s, kernel, D.DELETED, time.time())
    flow_runs.wake_run(world.services, run_id)
    assert world.until_ended(run_id) == [RunState.FAILED]
    assert "deleted" in str(world.nodes(run_id)["a"].error)


def test_a_kernel_that_is_stopped_while_its_nodes_wait_fails_them(world: RunWorld) -> None:
    uid = add(world, "cut")
    slow = "import time; time.sleep(60)"
    run_id = world.make(world.flow(node("a", slow, "cut"), node("b", "1", "cut")))
    world.until_runs(run_id, "a")
    asking.wish(world.services, uid, D.STOPPED)
    assert world.until_ended(run_id, timeout_s=60) == [RunState.FAILED]
    assert world.states(run_id)["a"] in {"failed", "lost", "cancelled"}
    assert "stopped" in str(world.nodes(run_id)["b"].error)
    resumed = world.again("resume", run_id)
    world.until_runs(resumed, "a")
    flow_runs.cancel_run(world.services, resumed, None)
    world.until_ended(resumed, timeout_s=30)
    until_stopped(world, uid)
