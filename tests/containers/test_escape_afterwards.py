"""User code that goes on after a stop or delete of its kernel, and that floods Redis from its container."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from broker_config import keys
from tests.containers.broker_attacks import Thief
from tests.containers.docker_stack import DockerStack, seconds_until
from tests.waiting import wait_until

RIGHTS_S, GONE_S = 5.0, 15.0
# Whatever a process can ignore: signals, its parent's end, its session, its terminal.
STUBBORN = """
import os, signal, sys, threading
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        while True:
            try:
                signal.pause()
            except BaseException:
                pass
print("begins", flush=True)
while True:
    try:
        threading.Event().wait(60)
    except BaseException:
        pass
"""
GO_ON = """
import threading
client.ask("SET", {claim!r}, "1")
def go_on():
    while True:
        client.ask("XADD", {out!r}, "*", "e", "still here")
        threading.Event().wait(0.2)
threading.Thread(target=go_on, daemon=True).start()
"""
FLOOD = """
piece = b"x" * 8_000_000
try:
    for number in range(50):
        answer = client.ask("XADD", {events!r}, "*", "e", piece)
        if str(answer).startswith("-"):
            break
except OSError:
    pass
"""
WHOLE = 300_000_000


@pytest.mark.parametrize("end", ["stop", "delete"])
def test_a_kernel_that_ignores_every_signal_is_gone_in_time_and_so_are_its_rights(
    docked: DockerStack, end: str
) -> None:
    uid = docked.ready()
    thief = Thief(docked, uid)
    own = keys.claim(uid, f"{uid}-goes-on")
    body = GO_ON.replace("{claim!r}", repr(own)).replace("{out!r}", repr(keys.out(uid)))
    assert docked.run(uid, thief.code(body))["status"] == "succeeded"
    docked.husk.executions.submit(uid, STUBBORN)
    waits = docked.husk.executions.submit(uid, "print('never')")["id"]
    wait_until(lambda: len(docked.container(uid).top()["Processes"]) > 20, 20, "it has many processes")
    began = time.monotonic()
    getattr(docked.husk.kernels, end)(uid)
    seconds_until(lambda: not docked.has_user(uid), RIGHTS_S, "its Redis user is gone")
    seconds_until(lambda: not docked.containers_of(uid), GONE_S, "its container is gone")
    assert time.monotonic() - began < GONE_S
    # Nothing takes what waits, and nothing writes: no connection of its user outlived the user.
    assert f"user=kernel-{uid}" not in str(docked.redis.execute_command("CLIENT", "LIST"))
    if end == "stop":
        docked.until(uid, "stopped", GONE_S)
        assert docked.husk.executions.get(waits)["status"] == "queued"
        # The control: with a container it is taken.
        docked.husk.kernels.start(uid)
        assert docked.ended(waits)["status"] in {"succeeded", "failed"}
        docked.husk.kernels.delete(uid)


@contextmanager
def small_redis(docked: DockerStack) -> Iterator[None]:
    """A maximum, of which a kernel may hold a quarter."""
    docked.redis.config_set("maxmemory", WHOLE)
    try:
        yield
    finally:
        docked.redis.config_set("maxmemory", 0)


def test_a_flood_of_redis_from_a_container_ends_that_kernel(docked: DockerStack) -> None:
    uid, other = docked.ready(), docked.ready()
    thief = Thief(docked, uid)
    with small_redis(docked):
        docked.husk.executions.submit(uid, thief.code(FLOOD.replace("{events!r}", repr(keys.events(uid)))))
        wait_until(lambda: docked.state(uid) == "error", 40, "it is ended")
        assert "of Redis, 75 MB are allowed: it was ended" in str(docked.husk.kernels.get(uid)["error"])
        assert docked.containers_of(uid) == []
        assert docked.said(other, "print('as ever')") == "as ever"
    for one in (uid, other):
        docked.husk.kernels.delete(one)
