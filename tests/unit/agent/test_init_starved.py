"""Init where nothing can be started, and with a runner that closed its output: a process of its own each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

WAIT_S = 60.0
BEGIN = """
import os, select, sys, time
from kernel_worker.init.order import Order
from kernel_worker.init.reaping import kill_all_but
from kernel_worker.init.supervisor import Supervisor

made = Supervisor(Order(sys.argv[1].encode()))
def fds():
    return len(os.listdir("/proc/self/fd"))
def end():
    kill_all_but(0, made._runner.pid if made._runner else None)
until = time.monotonic() + 30
"""
STARVED = """
real, left = os.fork, [FAILURES]
def fork():
    if left[0]:
        left[0] -= 1
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return real()
os.fork = fork
before = fds()
made._start_what_is_due()
assert made._runner is None and fds() == before, (made._runner, fds(), before)
while (made._runner is None or made._agent is None) and time.monotonic() < until:
    made._start_what_is_due()
    time.sleep(made._wait_ms() / 1000 if made._runner is None or made._agent is None else 0)
print("both run" if made._runner and made._agent and not left[0] else "given up")
end()
"""
NO_AGENT = """
made._start_what_is_due()
first = made._runner
made._agent_ended(made._agent, 0)
made._agent_backoff.__init__()
def fork():
    raise BlockingIOError(11, "Resource temporarily unavailable")
real, os.fork = os.fork, fork
made._start_what_is_due()
print("runner lives" if made._runner is first else "runner ended")
while made._runner is first and time.monotonic() < until:
    made._start_what_is_due()
print(made._endings[first.id]["kill_reason"])
os.fork = real
end()
"""
JUST_FORKED = """
import signal
def child():
    pid = os.fork()
    if not pid:
        signal.pause()
    return pid
kept, other = child(), child()
kill_all_but(kept)
print(os.waitpid(kept, os.WNOHANG))
kill_all_but(0)
print([os.path.exists(f"/proc/{pid}") for pid in (kept, other)])
"""
SILENT = """
made._start_what_is_due()
while made._runner.noisy and time.monotonic() < until:
    made._runner.copy_noise()
    time.sleep(0.01)
made._end.until = time.monotonic() + 0.2
print(made._poll(select.poll()))
end()
"""


@pytest.fixture
def boot(tmp_path: Path) -> str:
    """A boot message whose runner closes its output and waits."""
    runner = tmp_path / "runner"
    runner.write_text("#!/bin/sh\nexec sleep 60 >&- 2>&-\n")
    runner.chmod(0o700)
    folders = {f"{name}_dir": str(tmp_path) for name in ("agent", "runner", "shared")}
    limits = {"memory_bytes": 1_000_000_000, "cpu_cores": 1, "namespaces": 1}
    return json.dumps({**folders, "runner_python": str(runner), "limits": limits})


def said(code: str, boot: str) -> list[str]:
    """What it printed, by lines."""
    argv = [sys.executable, "-c", BEGIN + code, boot]
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


@pytest.mark.parametrize("failures", [1, 4])
def test_init_that_cannot_fork_leaves_nothing_open_and_tries_again(boot: str, failures: int) -> None:
    assert said(STARVED.replace("FAILURES", str(failures)), boot) == ["both run"]


def test_a_runner_that_leaves_no_room_for_the_agent_is_ended_at_the_second_try(boot: str) -> None:
    assert said(NO_AGENT, boot) == ["runner lives", "it left no room for the agent"]


def test_a_runner_that_closed_its_output_does_not_wake_init(boot: str) -> None:
    assert said(SILENT, boot) == ["[]"]


def test_what_is_kept_lives_on_before_it_leads_a_session(boot: str) -> None:
    assert said(JUST_FORKED, boot) == ["(0, 0)", "[False, False]"]
