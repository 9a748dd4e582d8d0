"""The cgroup's counters of OOM kills and its peak, v2 and v1."""

from __future__ import annotations


def _lines(path: str) -> list[list[str]]:
    try:
        with open(path) as file:  # noqa: PTH123
            return [line.split() for line in file]
    except OSError:
        return []


def oom_kills(cgroup: str | None) -> int:
    """How many processes of the cgroup the kernel killed for memory; 0 without a cgroup."""
    if cgroup is None:
        return 0
    lines = _lines(f"{cgroup}/memory.events") or _lines(f"{cgroup}/memory.oom_control")
    return sum(int(words[1]) for words in lines if words[:1] == ["oom_kill"])


def peak_bytes(cgroup: str | None) -> int | None:
    """The cgroup's peak usage in bytes; None where it is not known."""
    if cgroup is None:
        return None
    lines = _lines(f"{cgroup}/memory.peak") or _lines(f"{cgroup}/memory.max_usage_in_bytes")
    return int(lines[0][0]) if lines else None
