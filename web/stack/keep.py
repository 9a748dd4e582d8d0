"""``python -m web.stack.keep NAME RUN [--stop-s N] [--last] [--nice N] -- COMMAND…``: keeps one process up.

One line of the Procfile. honcho ends all lines when one ends, so the line is this wrapper: it starts
its command again with back-off, and ends only when told to, or when ``husk up`` is gone. The
command dies with the wrapper, also when that is killed -9.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from web.stack import niceness, records

PR_SET_PDEATHSIG = 1
POLL_S = 1.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
RAN_WELL_S = 30.0
OTHERS_S = 2.5
ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
WATCHED = ENDING | {signal.SIGCHLD}


@dataclass(frozen=True, slots=True)
class Line:
    """What to keep up: seconds between SIGTERM and SIGKILL; ``last``: end it after all others.

    ``nice``: how far it stands back for the others where there is more work than cores.
    """

    name: str
    run: Path
    command: list[str]
    stop_s: float = 3.0
    last: bool = False
    nice: int = 0


class Keeper:
    """Keeps one ``Line`` up. Call ``serve`` from a process without threads."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._me = records.me()
        self._child: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._pause_s = FIRST_PAUSE_S

    def serve(self) -> int:
        """Until a signal of ``ENDING`` comes or the owner is gone; 0."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        while True:
            began = time.monotonic()
            self._start()
            if not self._until(self._has_ended, None):
                self._stop()
                return 0
            self._tell(began)
            if self._until(lambda: False, self._back_off(began)) is None:
                self._record(None)
                return 0

    def _start(self) -> None:
        name = self._line.name
        self._child = subprocess.Popen(
            self._line.command,
            env={**os.environ, records.MEMBER: str(self._line.run / name)},
            start_new_session=True,
            preexec_fn=_dies_with(os.getpid()),  # noqa: PLW1509 - this process has no threads
        )
        self._record(records.find(self._child.pid))
        if self._line.nice:
            niceness.set_back(self._child.pid, self._line.nice)

    def _until(self, done: Callable[[], bool], seconds: float | None) -> bool | None:
        """True when ``done()``, False when the time is up while it runs, None when all has to end."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not done():
            left = POLL_S if deadline is None else min(POLL_S, deadline - time.monotonic())
            if left <= 0:
                return False
            told = signal.sigtimedwait(WATCHED, left)
            if (told is not None and told.si_signo in ENDING) or not self._is_owned():
                return None
        return True

    def _is_owned(self) -> bool:
        owner = records.read(self._line.run / f"{records.OWNER}.json")
        return owner is None or owner.keeper.alive

    def _has_ended(self) -> bool:
        return self._child is None or self._child.poll() is not None

    def _back_off(self, began: float) -> float:
        if time.monotonic() - began > RAN_WELL_S:
            self._pause_s = FIRST_PAUSE_S
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        return pause_s

    def _tell(self, began: float) -> None:
        assert self._child is not None
        self._end_session()
        self._restarts += 1
        self._record(None)
        ran_s = time.monotonic() - began
        say(f"ended with {self._child.returncode} after {ran_s:.1f} s; starting again in {self._pause_s:g} s")

    def _stop(self) -> None:
        assert self._child is not None
        if self._line.last:
            records.wait_gone(self._others(), OTHERS_S)
        self._child.terminate()
        try:
            self._child.wait(self._line.stop_s)
        except subprocess.TimeoutExpired:
            say(f"did not end within {self._line.stop_s:g} s: killed")
        self._end_session()
        self._child.wait()
        (self._line.run / f"{self._line.name}.json").unlink(missing_ok=True)

    def _others(self) -> list[records.Process]:
        return [
            record.child
            for record in records.all_of(self._line.run)
            if record.name not in {records.OWNER, self._line.name} and record.child and not record.last
        ]

    def _end_session(self) -> None:
        assert self._child is not None
        for process in records.members(self._line.run, self._line.name, self._child.pid):
            process.send(signal.SIGKILL)

    def _record(self, child: records.Process | None) -> None:
        line = self._line
        records.write(line.run, records.Record(line.name, self._me, child, self._restarts, line.last))


def _dies_with(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def say(text: str) -> None:
    """A line of the wrapper's own in the stack's log."""
    sys.stdout.write(f"keep: {text}\n")
    sys.stdout.flush()


def main(argv: list[str]) -> int:
    """Entry point of a Procfile line."""
    parser = argparse.ArgumentParser(prog="python -m web.stack.keep")
    parser.add_argument("name")
    parser.add_argument("run", type=Path, help="folder of the records")
    parser.add_argument("--stop-s", type=float, default=3.0, help="seconds between SIGTERM and SIGKILL")
    parser.add_argument("--last", action="store_true", help="end it after all others")
    parser.add_argument("--nice", type=int, default=0, help="0 to 19: how far it stands back for the others")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args(argv)
    run = given.run.resolve()
    run.mkdir(parents=True, exist_ok=True)
    return Keeper(Line(given.name, run, given.command, given.stop_s, given.last, given.nice)).serve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
