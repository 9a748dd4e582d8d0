"""The kernel's working set: from its cgroup, else from the processes below init."""

from __future__ import annotations

import contextlib
from pathlib import Path

KB = 1024


def cgroup_bytes(cgroup: Path) -> int | None:
    """Usage less inactive page cache, v2 or v1; None when it cannot be read."""
    for usage, inactive in (
        ("memory.current", "inactive_file"),
        ("memory.usage_in_bytes", "total_inactive_file"),
    ):
        with contextlib.suppress(OSError, ValueError):
            used = int((cgroup / usage).read_text())
            return max(0, used - _field(cgroup / "memory.stat", inactive, 1))
    return None


def _field(path: Path, name: str, unit: int) -> int:
    """A ``name number`` line of a file in bytes; 0 without it."""
    for line in path.read_text().splitlines():
        words = line.split()
        if words and words[0].rstrip(":") == name:
            return int(words[1]) * unit
    return 0


def descendants(pid: int, without: frozenset[int] = frozenset()) -> list[int]:
    """Processes below ``pid``, itself included; not those below ``without``."""
    found: list[int] = []
    left = [pid]
    while left:
        one = left.pop()
        if one in without:
            continue
        found.append(one)
        left.extend(_children(one))
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                children.extend(map(int, (thread / "children").read_text().split()))
    return children


def resident_bytes(pid: int) -> int:
    """Memory of a process that is not files': fast, counts pages shared after a fork in each."""
    path = Path(f"/proc/{pid}/status")
    with contextlib.suppress(OSError, ValueError):
        lines = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
        return sum(int(lines.get(name, "0").split()[0]) * KB for name in ("RssAnon", "RssShmem"))
    return 0


def proportional_bytes(pid: int) -> int:
    """Its proportional share, which counts shared pages once; ``resident_bytes`` where it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        share = _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss", KB)
        if share:
            return share
    return resident_bytes(pid)


class Gauge:
    """Measures this kernel. ``source`` says how, for people."""

    def __init__(self, cgroup: str | None, init_pid: int, agent_pid: int) -> None:
        self._cgroup = Path(cgroup) if cgroup else None
        self._init_pid = init_pid
        self._agent_pid = agent_pid
        self.source = "cgroup" if cgroup else "processes"

    def working_set(self) -> int:
        """Bytes now."""
        used = cgroup_bytes(self._cgroup) if self._cgroup else None
        return sum(map(resident_bytes, descendants(self._init_pid))) if used is None else used

    def runner_bytes(self, over: int) -> int:
        """Memory of the runner and all it started; measured exactly only when it seems above ``over``."""
        pids = descendants(self._init_pid, frozenset({self._agent_pid}))[1:]
        fast = sum(map(resident_bytes, pids))
        return fast if fast <= over else sum(map(proportional_bytes, pids))
