"""All processes of one kernel, whatever user code did to hide them, and their end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

from tasks.runtimes import proc
from tasks.runtimes.cgroups import Cgroups

MARK = "KERNEL_UID"
"""Variable in the runner's environment: what leaves its session and its parent still carries it."""
ROUNDS_S = 4.0
PAUSE_S = 0.02


def living(pid: int, start_time: int, boot: str) -> bool:
    """Whether that very process lives (a zombie does not)."""
    found = proc.stat(pid)
    same = found is not None and found.start_time == start_time and boot == proc.boot_id()
    return same and not (found is not None and found.dead)


def members(uid: str, known: set[int], cgroups: Cgroups) -> set[int]:
    """Pids of the kernel's processes: by cgroup, by mark, by descent and session from ``known`` ones."""
    mark = f"{MARK}={uid}".encode()
    everything = list(proc.all_processes())
    found = known | cgroups.processes(uid)
    found.update(one.pid for one in everything if mark in proc.environment(one.pid))
    before = -1
    while before != len(found):
        before = len(found)
        found.update(one.pid for one in everything if one.parent in found or one.session in found)
    return found & {one.pid for one in everything} - {os.getpid()}


def kill_all(uid: str, init_pid: int | None, cgroups: Cgroups) -> bool:
    """SIGKILL them until none is left; False when some outlived ``ROUNDS_S`` (stuck in the system)."""
    deadline = time.monotonic() + ROUNDS_S
    pause = threading.Event()
    known = set() if init_pid is None else {init_pid}
    while victims := members(uid, known, cgroups):
        # Who lost its parent meanwhile is still known by the session that the parent had made.
        known |= victims
        for pid in victims:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        pause.wait(PAUSE_S)
    return True
