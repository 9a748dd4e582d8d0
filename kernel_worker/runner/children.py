"""Child processes that cells leave behind, known by the flow whose cell started them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

REAP_S = 0.5


class Children:
    """Children by flow. Looked up only while there are any."""

    def __init__(self) -> None:
        self._flows: dict[int, str] = {}

    def note(self, flow_id: str) -> None:
        """A cell of ``flow_id`` ended: children not seen before are its own."""
        if not any_left():
            self._flows.clear()
            return
        alive = _tree().get(os.getpid(), [])
        self._flows = {pid: self._flows.get(pid, flow_id) for pid in alive}

    def kill(self, flow_id: str) -> None:
        """End what this flow's cells left behind, with all that descends from it. Best effort."""
        if not any_left():
            return
        tree = _tree()
        victims = [p for p in tree.get(os.getpid(), []) if self._flows.get(p, flow_id) == flow_id]
        for pid in _descendants(victims, tree):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        _reap(victims)


def any_left() -> bool:
    """Whether this process has a child, ended or not."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _tree() -> dict[int, list[int]]:
    """Children of every process, by the parent's pid."""
    tree: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int((folder / "stat").read_bytes().rpartition(b")")[2].split()[1])
                tree.setdefault(parent, []).append(int(folder.name))
    return tree


def _descendants(pids: list[int], tree: dict[int, list[int]]) -> list[int]:
    found = list(pids)
    for pid in found:  # grows while it is walked
        found.extend(tree.get(pid, []))
    return found


def _reap(pids: list[int]) -> None:
    deadline = time.monotonic() + REAP_S
    left = list(pids)
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if not _reaped(pid)]
        if left:
            time.sleep(0.005)


def _reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
