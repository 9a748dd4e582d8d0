"""A memory cgroup per kernel below a ``husk`` folder, v2 or v1, where the host lets us make one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OURS = "husk"


class Cgroups:
    """``version`` is ``v2``, ``v1`` or None: then memory is watched by the kernel's agent instead."""

    def __init__(self, root: Path = ROOT) -> None:
        self.version, self._ours = _find(root)

    def make(self, uid: str, memory_bytes: int) -> str | None:
        """A fresh, empty cgroup limited to ``memory_bytes``, swap included; None where that fails."""
        if self._ours is None:
            return None
        folder = self._ours / uid
        try:
            self._ours.mkdir(exist_ok=True)
            self.remove(uid)
            if self.version == "v2":
                (self._ours / "cgroup.subtree_control").write_text("+memory")
            folder.mkdir(exist_ok=True)
            self._limit(folder, memory_bytes)
        except OSError:
            self.remove(uid)
            return None
        return str(folder)

    def _limit(self, folder: Path, memory_bytes: int) -> None:
        v2 = self.version == "v2"
        (folder / ("memory.max" if v2 else "memory.limit_in_bytes")).write_text(str(memory_bytes))
        swap = folder / ("memory.swap.max" if v2 else "memory.memsw.limit_in_bytes")
        # There only where the system accounts for swap.
        if swap.exists():
            swap.write_text("0" if v2 else str(memory_bytes))

    def processes(self, uid: str) -> set[int]:
        """Pids in the kernel's cgroup."""
        if self._ours is None:
            return set()
        try:
            return {int(pid) for pid in (self._ours / uid / "cgroup.procs").read_text().split()}
        except OSError:
            return set()

    def oom_kills(self, uid: str) -> int:
        """How often the system killed in it for memory; 0 when unknown."""
        if self._ours is None:
            return 0
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError, ValueError):
                lines = (self._ours / uid / name).read_text().splitlines()
                return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        return 0

    def remove(self, uid: str) -> None:
        """Remove the kernel's cgroup; one that is not empty stays until the next call."""
        if self._ours is not None:
            with contextlib.suppress(OSError):
                (self._ours / uid).rmdir()


def _find(root: Path) -> tuple[str | None, Path | None]:
    if (root / "cgroup.controllers").exists():
        with contextlib.suppress(OSError):
            if "memory" in (root / "cgroup.subtree_control").read_text().split() and os.access(root, os.W_OK):
                return "v2", root / OURS
        return None, None
    memory = root / "memory"
    if os.access(memory / "memory.limit_in_bytes", os.W_OK) and os.access(memory, os.W_OK):
        return "v1", memory / OURS
    return None, None
