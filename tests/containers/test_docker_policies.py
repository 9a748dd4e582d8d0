"""Containers that come back by themselves, and containers that stop by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

BACK_S = 90.0


@pytest.fixture(scope="module")
def frozen(docked: DockerStack) -> tuple[str, str]:
    """A kernel that comes back, paused when the module's first test begins: its uid, and its container's id.

    What silence leads to takes half a minute, in which other tests run.
    """
    uid = docked.ready(auto_restart=True)
    container = docked.container(uid)
    container.pause()
    return uid, str(container.id)


@pytest.fixture(autouse=True)
def _from_the_beginning(frozen: tuple[str, str]) -> None:
    """``frozen`` is made before any test here."""


def back(docked: DockerStack, uid: str, restarts: int = 1) -> dict[str, Any]:
    """Wait until a kernel has come back so often."""

    def is_back() -> bool:
        now = docked.husk.kernels.get(uid)
        return now["state"] == "ready" and now["restarts"] == restarts

    wait_until(is_back, BACK_S, "the kernel is back")
    return dict(docked.husk.kernels.get(uid))


def test_a_container_removed_by_hand_comes_back_and_runs_what_was_sent_meanwhile(docked: DockerStack) -> None:
    uid = docked.ready(auto_restart=True)
    docked.run(uid, "x = 1")
    docked.container(uid).remove(force=True)
    failed = docked.until(uid, "error", 10)
    assert "its container was removed from outside" in str(failed["error"])
    assert "It is started again in 1 second" in str(failed["error"])
    sent = docked.husk.executions.submit(uid, "print('x' in globals())")["id"]
    ended = docked.ended(sent, BACK_S)
    assert (ended["status"], str(ended["stdout"]).strip()) == ("succeeded", "False")
    shown = back(docked, uid)
    assert "restarted by itself: the kernel is gone: its container was removed" in shown["note"]
    assert len(docked.containers_of(uid)) == 1


def test_a_container_that_was_stopped_does_not_come_back(docked: DockerStack) -> None:
    uid = docked.ready(auto_restart=True)
    docked.container(uid).kill()
    docked.husk.kernels.stop(uid)
    docked.until(uid, "stopped", 30)
    assert docked.husk.kernels.get(uid)["restarts"] == 0
    assert [one for one in docked.containers_of(uid) if one.status == "running"] == []


def test_a_container_without_work_is_stopped_and_one_that_works_is_not(docked: DockerStack) -> None:
    uid = docked.ready(idle_timeout_s=3)
    slept = docked.run(uid, "import time; time.sleep(6); print('awake')")
    assert str(slept["stdout"]).strip() == "awake"
    stopped = docked.until(uid, "stopped", 30)
    assert stopped["note"] == "stopped after 3 seconds without work"
    assert docked.containers_of(uid) == []
    assert not docked.has_user(uid)


def test_a_container_that_is_frozen_while_nothing_runs_in_it_is_made_anew(
    docked: DockerStack, frozen: tuple[str, str]
) -> None:
    uid, first = frozen
    shown = back(docked, uid)
    assert "did not answer for long while no cell ran" in shown["note"]
    assert docked.container(uid).id != first
    assert docked.said(uid, "print(1 + 1)") == "2"
