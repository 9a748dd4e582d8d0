"""Inits that this process has started: reaped here, and how they ended is remembered."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import OrderedDict

REMEMBERED = 200
STOPPED = 128 + signal.SIGTERM
"""Init's exit code after that signal."""
SAFE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD, signal.SIGHUP, signal.SIGQUIT)


class Children:
    """Safe for threads. A kernel outlives this process, so what is not our child cannot be reaped here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statuses: OrderedDict[int, int] = OrderedDict()

    def spawn(self, log: int) -> tuple[int, int]:
        """Start an init in a session of its own: its pid, and the descriptor of its standard input.

        Nothing of our environment goes with it (secrets), and no descriptor but these three. It ends by
        itself if we die before it got its boot message. Raises ``OSError``.
        """
        reader, writer = os.pipe()
        argv = [sys.executable, "-I", "-m", "kernel_worker.init"]
        env = {"PATH": SAFE_PATH, "LANG": "C.UTF-8"}
        try:
            pid = os.posix_spawn(
                sys.executable,
                argv,
                env,
                file_actions=[(os.POSIX_SPAWN_DUP2, fd, to) for fd, to in ((reader, 0), (log, 1), (log, 2))],
                setsid=True,
                setsigmask=(),
                setsigdef=SIGNALS,
            )
        except OSError:
            os.close(writer)
            raise
        finally:
            os.close(reader)
        with self._lock:
            self._statuses.pop(pid, None)
        return pid, writer

    def reap(self, pid: int) -> None:
        """Take the status of a child that has ended; nothing for others."""
        with self._lock:
            try:
                done, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                return
            if done:
                self._statuses[pid] = status
                while len(self._statuses) > REMEMBERED:
                    self._statuses.popitem(last=False)

    def ending(self, pid: int) -> str:
        """How it ended, as the rest of a sentence."""
        with self._lock:
            status = self._statuses.get(pid)
        if status is None:
            return "ended while nobody watched; how is not known"
        if os.WIFSIGNALED(status):
            return f"was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        if os.WEXITSTATUS(status) == STOPPED:
            return "was stopped from outside: its first process got SIGTERM"
        return f"ended by itself with exit code {os.WEXITSTATUS(status)}"
