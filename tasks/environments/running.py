"""Run a program for an environment: within limits of time, memory and disk, its lines told as they come."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LOOK_S = 0.02
DRAIN_S = 2.0
LINES_KEPT = 400
LONGEST_LINE = 2_000
PIECE = 65_536
CONFINED = Path(__file__).with_name("confined.py")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")

Why = Literal["", "cancelled", "time", "size"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """``written_bytes``: how much it may write in all, ``file_bytes`` into one file."""

    seconds: float
    memory_bytes: int
    file_bytes: int
    written_bytes: int


@dataclass(frozen=True, slots=True)
class Ended:
    """``code``: exit code, negative for a signal. ``why``: what made us end it. ``lines``: its last ones."""

    code: int
    why: Why
    lines: tuple[str, ...]


def run(
    argv: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    bounds: Bounds,
    say: Callable[[str], None],
    cancelled: threading.Event,
) -> Ended:
    """Run ``argv`` in ``folder`` with nothing of our environment, and wait for its end.

    Raises:
        OSError: it cannot be started.
    """
    if not os.access(argv[0], os.X_OK):
        raise FileNotFoundError(errno.ENOENT, f"{argv[0]} is not there, or is no program")
    limits = [str(bounds.memory_bytes), str(bounds.file_bytes), str(os.getpid())]
    deadline = time.monotonic() + bounds.seconds
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(CONFINED), *limits, *argv],
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        lines = _Lines(say)
        try:
            why = _follow(process, lines, bounds, deadline, cancelled)
        finally:
            _end(process)
        lines.finish()
    return Ended(process.returncode, why, tuple(lines.kept))


class _Lines:
    """Bytes in, lines out."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.kept: deque[str] = deque(maxlen=LINES_KEPT)
        self._say = say
        self._begun = b""

    def take(self, data: bytes) -> None:
        *whole, self._begun = (self._begun + data).split(b"\n")
        self._begun = self._begun[:LONGEST_LINE]
        for line in whole:
            self._tell(line)

    def finish(self) -> None:
        self._tell(self._begun)
        self._begun = b""

    def _tell(self, line: bytes) -> None:
        text = _CONTROL.sub("", line[:LONGEST_LINE].decode(errors="replace")).rstrip()
        if text:
            self.kept.append(text)
            self._say(text)


def _follow(
    process: subprocess.Popen[bytes],
    lines: _Lines,
    bounds: Bounds,
    deadline: float,
    cancelled: threading.Event,
) -> Why:
    """Pass its lines on until it closes its output; why it has to be ended before, if it has."""
    assert process.stdout is not None
    output, poll = process.stdout.fileno(), select.poll()
    poll.register(output, select.POLLIN | select.POLLHUP)
    while True:
        if cancelled.is_set():
            return "cancelled"
        if time.monotonic() >= deadline:
            return "time"
        if written_bytes(process.pid) > bounds.written_bytes:
            return "size"
        if poll.poll(LOOK_S * 1000):
            data = os.read(output, PIECE)
            if not data:
                return _last(process, deadline)
            lines.take(data)


def _last(process: subprocess.Popen[bytes], deadline: float) -> Why:
    try:
        process.wait(max(DRAIN_S, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return "time"
    return ""


def written_bytes(pid: int) -> int:
    """How much a process has written so far, to files and pipes; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        text = Path(f"/proc/{pid}/io").read_text()
        return int(text.split("wchar:", 1)[1].split()[0])
    return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and what it has started; both may be gone already."""
    if process.poll() is None or process.returncode != 0:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
