"""End processes with all their descendants. Init is a subreaper: orphans come back to it."""

from __future__ import annotations

import contextlib
import os
import signal
import time

ROUNDS_S = 5.0


def children() -> list[int]:
    """Pids of init's children, adopted ones included."""
    me = str(os.getpid())
    try:
        with open(f"/proc/{me}/task/{me}/children") as file:  # noqa: PTH123
            return [int(pid) for pid in file.read().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _stat(pid)[1:2] == [me]]  # noqa: PTH208


def _stat(pid: int) -> list[str]:
    """Fields of ``/proc/<pid>/stat`` from the state on: state, ppid, pgrp, session; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def session(pid: int) -> int:
    """The session of a process; 0 when it is gone."""
    fields = _stat(pid)
    return int(fields[3]) if fields else 0


def _signal(pid: int, group: bool) -> None:
    with contextlib.suppress(OSError):
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)


def kill_all_but(kept: int, leader: int | None = None) -> None:
    """SIGKILL the group of ``leader`` and all children of init but ``kept`` and its session (0: really all).

    ``kept`` by its pid, too: one that was just forked leads no session yet. Goes on until none is left; dead
    ones are reaped here. Gives up after ``ROUNDS_S`` (a fork bomb on a starved host); the next call goes on.
    """
    if leader is not None:
        _signal(leader, group=True)
    deadline = time.monotonic() + ROUNDS_S
    while time.monotonic() < deadline:
        victims = [pid for pid in children() if not kept or kept not in (pid, session(pid))]
        if not victims:
            return
        for pid in victims:
            _signal(pid, group=False)
        for pid in victims:
            reap(pid, 0.2)


def reap(pid: int, timeout_s: float) -> int | None:
    """Wait for a killed child; its wait status, or None when it is not dead in time or no child."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return None
        if done:
            return status
        time.sleep(0.001)
    return None
