"""Whether artifacts outlive their kernel's process: persistence and recovery, with real kernel processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from broker_config.wire.states import DesiredState, KernelState
from tasks.kernels.life import change
from tasks.kernels.starting import make_spec
from tasks.ledger import artifacts
from tasks.ledger.artifacts import CELLS, RUN, Place
from tests.integration.flow_rows import publish
from tests.integration.lifecycle_fixture import World, world
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


def place(here: World) -> Place:
    return Place(here.owner, "flow")


def published(here: World, uid: str) -> None:
    """Of a cell and of a run of this kernel, beside those of another."""
    publish(here.services.ledger, place(here), "run's", scope=RUN, node="b", kernel=uid)
    publish(here.services.ledger, place(here), "cell's", kernel=uid)
    publish(here.services.ledger, place(here), "other's", kernel="O" * 12)


def seen(here: World) -> set[str]:
    with here.services.ledger.read() as s:
        return {row.name for row in artifacts.seen(s, place(here), CELLS)}


@pytest.mark.parametrize(
    ("fields", "after_stop", "after_start"),
    [
        ({}, {"run's", "cell's", "other's"}, {"run's", "cell's", "other's"}),
        ({"recovery_mode": "clear"}, {"run's", "cell's", "other's"}, {"other's"}),
        ({"persistence": False}, {"other's"}, {"other's"}),
    ],
)
def test_a_stop_and_a_start_leave_what_the_kernel_keeps(
    here: World, fields: dict[str, Any], after_stop: set[str], after_start: set[str]
) -> None:
    uid = here.ready(**fields).uid
    published(here, uid)
    here.do(uid, STOPPED)
    assert seen(here) == after_stop
    here.do(uid, RUNNING)
    here.until(uid, KernelState.READY)
    assert seen(here) == after_start


def test_a_restart_is_a_stop(here: World) -> None:
    uid = here.ready(persistence=False).uid
    published(here, uid)
    here.do(uid, RUNNING, restart=True)
    here.until(uid, KernelState.READY)
    assert seen(here) == {"other's"}


def test_a_kernel_without_persistence_that_died_begins_without(here: World) -> None:
    row = here.ready(persistence=False)
    published(here, row.uid)
    os.kill(row.runtime_ref["pid"], signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(row.runtime_ref["pid"]) or not here.inits(), 10, "its end")
    assert "cell's" in seen(here)
    change(here.life, row.uid, KernelState.ERROR)
    here.do(row.uid, RUNNING)
    here.until(row.uid, KernelState.READY)
    assert seen(here) == {"other's"}


def test_a_deleted_kernel_takes_its_artifacts_along(here: World) -> None:
    uid = here.ready().uid
    published(here, uid)
    here.do(uid, DELETED)
    assert seen(here) == {"other's"}


def test_how_it_recovers_is_told_at_boot(here: World) -> None:
    for mode in ("lazy", "eager", "clear"):
        row = here.kernel(mode, recovery_mode=mode)
        boot = here.runtime.boot(make_spec(here.services.settings, row, "password"))
        assert boot.recovery_mode == mode
        assert boot.limits.content_bytes > 0
