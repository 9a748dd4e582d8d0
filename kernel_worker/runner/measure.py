"""What a cell used: wall and CPU seconds, peak memory."""

from __future__ import annotations

import contextlib
import os
import resource
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds, and bytes (None where /proc does not tell)."""

    wall_s: float
    cpu_s: float
    memory_peak_bytes: int | None


class Meter:
    """Measures from its making."""

    def __init__(self) -> None:
        _reset_peak()
        self._wall = perf_counter()
        self._cpu = _cpu_s(resource.getrusage(resource.RUSAGE_SELF))

    def read(self) -> Usage:
        """Used so far; CPU time counts children that have ended."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = max(0.0, _cpu_s(own) - self._cpu)
        return Usage(perf_counter() - self._wall, cpu_s, _peak())


def _cpu_s(own: resource.struct_rusage) -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _reset_peak() -> None:
    with contextlib.suppress(OSError):  # a kernel may forbid it: then the peak is that of the process
        fd = os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, b"5")
        finally:
            os.close(fd)


def _peak() -> int | None:
    # Not rusage's ru_maxrss: that begins with what the process was forked from.
    try:
        fd = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.read(fd, 4096)
    finally:
        os.close(fd)
    _, found, rest = status.partition(b"VmHWM:")
    return int(rest.split(None, 1)[0]) * 1024 if found else None
