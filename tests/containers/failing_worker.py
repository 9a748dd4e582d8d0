"""A second lifecycle worker of a stack, which dies or hangs at a failpoint."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.failpoints import EXIT_CODE, HANGS, VARIABLE
from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

TOP = Path(__file__).parents[2]
REACHED_S = 40.0


def dies_at(docked: DockerStack, failpoint: str) -> None:
    """Run a worker until it dies there."""
    with _worker(docked, f"{failpoint}:exit") as process:
        assert process.wait(REACHED_S) == EXIT_CODE


def breaks_at(docked: DockerStack, failpoint: str, action: str) -> None:
    """Run a worker until it died there, or hangs there and is killed."""
    if action == "exit":
        dies_at(docked, failpoint)
        return
    said = f"{HANGS} {failpoint}\n".encode()
    before = _log(docked).read_bytes().count(said) if _log(docked).exists() else 0
    hangs_at(docked, failpoint, lambda: _log(docked).read_bytes().count(said) > before)


def hangs_at(docked: DockerStack, failpoint: str, there: Callable[[], bool]) -> None:
    """Run a worker until ``there``, which is so as soon as it hangs at the failpoint; then kill it."""
    with _worker(docked, f"{failpoint}:hang") as process:
        wait_until(there, REACHED_S, f"a worker comes to {failpoint}")
        assert process.poll() is None


@contextmanager
def _worker(docked: DockerStack, failpoint: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = {**docked.stack.environ, VARIABLE: failpoint}
    command = [sys.executable, "-m", "tasks", "lifecycle"]
    with (
        _log(docked).open("ab") as log,
        subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=TOP) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _log(docked: DockerStack) -> Path:
    return docked.stack.data_dir.parent / "failing.log"
