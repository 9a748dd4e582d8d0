"""Shared files that a cell wrote, with a store that takes them, refuses, or an agent that dies meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psutil
import pytest

from broker_config.wire.events import Request, SharedWritten
from broker_config.wire.messages import DeskReply
from broker_config.wire.states import ExecutionState as X
from tests.integration.kernel_fixture import KernelUnderTest, refuse, running_kernel, text_of
from tests.integration.redis_server import RedisServer
from tests.integration.test_agent_store import Desk
from tests.integration.weed import Weed
from tests.waiting import wait_until

WRITE = """
from flowfile import get_shared_location
p = get_shared_location('mine.txt')
n = open(p, 'w').write('1')
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


class Strict:
    """A desk without a store but with an empty list of files; counts who asked for the store."""

    def __init__(self) -> None:
        self.asked = 0
        self.strike: Any = None

    def answer(self, request: Request) -> DeskReply:
        if request.kind == "shared":
            return DeskReply(request.request, shared=[])
        self.asked += 1
        if self.strike is not None:
            strike, self.strike = self.strike, None
            strike()
        return refuse(request)


def test_what_the_store_refused_goes_again_with_the_next_cell_which_does_not_fail(
    server: RedisServer,
) -> None:
    desk = Strict()
    with running_kernel(server, desk.answer) as kernel:
        failed = kernel.run(WRITE)
        assert failed.error is not None
        assert (failed.status, failed.error.type, desk.asked) == (X.FAILED, "StorageFailed", 1)
        later = kernel.run("1")
        assert (later.status, desk.asked) == (X.SUCCEEDED, 2)
        assert ["an earlier cell wrote it" in log.message for log in later.logs] == [True]


def test_what_an_agent_had_in_hand_when_it_died_goes_again_with_the_next_cell(server: RedisServer) -> None:
    desk = Strict()
    with running_kernel(server, desk.answer) as kernel:
        kernel.run("1")
        agent = kernel.agent_pid

        def strike() -> None:
            """No answer before the one that asked is dead."""
            os.kill(agent, signal.SIGKILL)
            wait_until(lambda: not psutil.pid_exists(agent), 5, "its end")

        desk.strike = strike
        adopted = kernel.run(WRITE, 30)
        # Whether the cell's end had been read when its reader died is chance.
        assert (adopted.status in {X.LOST, X.FAILED}, desk.asked) == (True, 1)
        assert adopted.error is not None
        said = [adopted.error.message, *(log.message for log in adopted.logs)]
        assert "was in hand when the agent died" in " ".join(said)
        later = kernel.run("1", 30)
        assert (later.status, desk.asked) == (X.SUCCEEDED, 2)
        assert ["an earlier cell wrote it" in log.message for log in later.logs] == [True]


def stored(kernel: KernelUnderTest) -> list[SharedWritten]:
    """What the agent said it stored."""
    return kernel.bodies(SharedWritten)


def test_what_is_stored_does_not_go_again_nor_come_back(server: RedisServer, weed: Weed) -> None:
    desk = Desk(weed)
    with running_kernel(server, desk.answer) as kernel:
        desk.uid = kernel.uid
        assert kernel.run(WRITE, 30).status is X.SUCCEEDED
        kernel.run("1")
        assert len(stored(kernel)) == 1
        # Its address leads nowhere: it is not fetched.
        desk.keep("mine.txt", b"1", 1)
        desk.entries = [replace(entry, url=f"{entry.url}0") for entry in desk.entries]
        read = kernel.run("print(open(get_shared_location('mine.txt')).read())")
        assert text_of(read) == "1\n"
        index = kernel.folder / "shared" / ".husk-index.json"
        wait_until(lambda: b'"mine.txt":[1,' in index.read_bytes(), 5, "the version in the index")
        # The kernel starts anew: it knows what is stored.
        kernel.stop()
        kernel.start()
        kernel.run("1")
        assert len(stored(kernel)) == 1
