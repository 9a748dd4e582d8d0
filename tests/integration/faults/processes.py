"""The processes that a fault strikes: lines of the Procfile, parts of one kernel."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until

LINES = ("redis", "objects", "web", "lifecycle", "flows", "desk", "recorder", "beat")
BACK_S = 30.0
FOUND_S = 10.0


def kill_line(stack: Stack, name: str) -> None:
    """kill -9 of what a line runs; its wrapper starts it again."""
    stack.child(name).send(signal.SIGKILL)


def wait_all_lines(stack: Stack) -> None:
    """Wait until every line has a process."""

    def missing() -> list[str]:
        return [name for name in LINES if not _runs(stack, name)]

    wait_until(lambda: not missing(), BACK_S, "every line is back")


def _runs(stack: Stack, name: str) -> bool:
    with suppress(AssertionError):
        return stack.child(name).alive
    return False


@contextmanager
def frozen(process: psutil.Process) -> Iterator[None]:
    """SIGSTOP for the time of the block."""
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def pause(seconds: float) -> None:
    """Let a fault's moment come, or a freeze last. Never for a state: that is waited for."""
    threading.Event().wait(seconds)


def part(init_pid: int, name: str) -> psutil.Process:
    """``init`` of a kernel, its ``agent``, or its ``runner``."""
    init = psutil.Process(init_pid)
    if name == "init":
        return init
    module = f"kernel_worker.{name}"
    found = wait_until(lambda: _child(init, module), FOUND_S, module)
    assert found is not None
    return found


def strays(stack: Stack, inits: set[int]) -> list[str]:
    """Processes of kernels that none of these inits has: nobody would ever end them."""
    found = []
    for process in stack.processes():
        with suppress(psutil.Error):
            words = [word for word in process.cmdline() if word.startswith("kernel_worker.")]
            above = {process.pid, *(parent.pid for parent in process.parents())}
            if words and not above & inits:
                found.append(f"{words[0]} as process {process.pid}")
    return found


def _child(parent: psutil.Process, module: str) -> psutil.Process | None:
    for child in parent.children():
        with suppress(psutil.Error):
            if module in child.cmdline():
                return child
    return None
