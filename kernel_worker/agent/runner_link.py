"""The ends of the runner's sockets that relaying uses."""

from __future__ import annotations

import time

from broker_config.wire.codec import decode_tagged
from broker_config.wire.errors import BadMessage
from broker_config.wire.frames import JSON, MESSAGES, Channel, Hello
from kernel_worker.agent.init_client import Attached, InitClient
from kernel_worker.agent.journal import Journal

START_S = 60.0
"""For init to start a runner, and again for the runner to say Hello."""
MOST_DRAINED = 2_000
DRAIN_S = 0.2


class Runner:
    """An attached runner."""

    def __init__(self, attached: Attached) -> None:
        self.generation = attached.generation
        self.pid = attached.pid
        self.cells = Channel(attached.cells)
        self.control = Channel(attached.control)
        self.has_spare = False
        attached.cells.settimeout(1.0)
        attached.control.settimeout(1.0)

    def drain(self) -> bool:
        """Read and drop what came between cells; False when the runner is gone."""
        deadline = time.monotonic() + DRAIN_S
        for _ in range(MOST_DRAINED):
            self.cells.sock.settimeout(0.0)
            try:
                frame = self.cells.recv()
            except (BlockingIOError, TimeoutError):
                return True
            except BadMessage:
                continue
            except OSError:
                return False
            if frame is None:
                return False
            frame.close()
            if time.monotonic() > deadline:
                return True
        return True

    def await_hello(self, timeout_s: float) -> bool:
        """Read up to its Hello; False when it is gone, or silent for so long."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            self.cells.sock.settimeout(left)
            try:
                frame = self.cells.recv()
            except BadMessage:
                continue
            except OSError:
                return False
            if frame is None:
                return False
            frame.close()
            if frame.kind == JSON and _is_hello(frame.payload):
                return True
        return False

    def close(self) -> None:
        """Close the agent's copies."""
        self.cells.close()
        self.control.close()


def _is_hello(payload: bytes) -> bool:
    try:
        return isinstance(decode_tagged(MESSAGES, payload), Hello)
    except BadMessage:
        return False


class RunnerLink:
    """Keeps one runner attached, and attaches the next when it is gone."""

    def __init__(self, init: InitClient, journal: Journal) -> None:
        self._init = init
        self._journal = journal
        self._runner: Runner | None = None

    def current(self) -> Runner | None:
        """A runner that is there now and has said Hello, its socket drained; None when there is none."""
        if self._runner is not None and not self._runner.drain():
            self.forget()
        if self._runner is None:
            self._attach()
        return self._runner

    def _attach(self) -> None:
        attached = self._init.attach(START_S)
        if attached is None:
            return
        runner = Runner(attached)
        if self._journal.read().greeted != runner.generation:
            if not runner.await_hello(START_S):
                runner.close()
                return
            self._journal.greeted(runner.generation)
        self._runner = runner

    def forget(self) -> None:
        """Its runner is gone."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None
