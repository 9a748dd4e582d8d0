"""One runner: its id, process and sockets, and how it ended."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import time

from kernel_worker.init.memory_events import oom_kills, peak_bytes
from kernel_worker.init.order import Order
from kernel_worker.init.spawn import start_runner

NOISE_BYTES = 65_536
"""Raw output (not a cell's: what a crash prints) that is copied to the log, per runner."""


def _pair(kept: contextlib.ExitStack, given: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return kept.enter_context(ours), given.enter_context(theirs)


class Generation:
    """A runner. ``cells`` and ``control`` are the agent's ends, kept for an agent that is started again.

    Making one starts it; raises ``OSError`` when that is not possible now, and leaves nothing open.
    """

    def __init__(self, order: Order) -> None:
        self.id = secrets.token_hex(8)
        self.order = order
        self.born = time.monotonic()
        self.kill_reason: str | None = None
        self.measured_peak: object = None  # bytes, by whoever asked for its end
        self.noise_left = NOISE_BYTES
        self.noisy = True  # until nobody can write there any more
        self._oom_before = oom_kills(order.cgroup)
        with contextlib.ExitStack() as kept, contextlib.ExitStack() as given:
            self.cells, cells = _pair(kept, given)
            self.control, control = _pair(kept, given)
            self.noise, noise = os.pipe()
            kept.callback(os.close, self.noise)
            given.callback(os.close, noise)
            os.set_blocking(self.noise, False)
            self.pid = start_runner(order, self.id, cells.fileno(), control.fileno(), noise)
            kept.pop_all()

    @property
    def age_s(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self.born

    def copy_noise(self) -> None:
        """Copy what the runner printed past its channels to the log, up to the cap; drop the rest."""
        try:
            data = os.read(self.noise, NOISE_BYTES)
        except BlockingIOError:
            return
        self.noisy = bool(data)
        kept = data[: self.noise_left]
        self.noise_left -= len(kept)
        if kept:
            os.write(2, kept)

    def close(self) -> None:
        """Close init's copies of the sockets."""
        self.copy_noise()
        self.cells.close()
        self.control.close()
        os.close(self.noise)

    def ending(self, status: int) -> dict[str, object]:
        """How it ended, from its wait status: what ``ended`` answers."""
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        return {
            "generation": self.id,
            "exit_code": None if number else os.WEXITSTATUS(status),
            "signal": signal.Signals(number).name if number and number < signal.SIGRTMIN else None,
            "kill_reason": self.kill_reason,
            "oom": number == signal.SIGKILL and oom_kills(self.order.cgroup) > self._oom_before,
            "peak_bytes": self.measured_peak or peak_bytes(self.order.cgroup),
        }
