"""Processes as ``/proc`` shows them. A zombie is dead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Stat:
    """``start_time`` in clock ticks since the host's start: with the pid it names one process."""

    pid: int
    state: str
    parent: int
    session: int
    start_time: int

    @property
    def dead(self) -> bool:
        """Whether it has ended and waits to be reaped."""
        return self.state in {"Z", "X"}


@lru_cache(maxsize=1)
def boot_id() -> str:
    """The host's start: after another one, equal pids and times mean nothing."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def stat(pid: int) -> Stat | None:
    """One process; None when it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (OSError, ValueError):
        return None
    fields = text.rpartition(")")[2].split()
    return Stat(pid, fields[0], int(fields[1]), int(fields[3]), int(fields[19]))


def all_processes() -> Iterator[Stat]:
    """Every process that lives now."""
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            found = stat(int(folder.name))
            if found is not None and not found.dead:
                yield found


def environment(pid: int) -> list[bytes]:
    """``NAME=value`` of a process as it was started; empty when that may not be read."""
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []
