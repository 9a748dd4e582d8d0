"""The control thread: interrupts, restarts and questions, whatever the cell does meanwhile."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from time import monotonic
from typing import Any

from broker_config.wire.errors import BadMessage
from broker_config.wire.frames import Channel, ClearNamespace, DropRun, InterruptCell, Question, Reply
from kernel_worker.runner.inbox import Inbox
from kernel_worker.runner.interrupts import Interrupts
from kernel_worker.runner.questions import Answerer

IDLE_S = 60.0
AGAIN_S = 0.1


class Control:
    """Reads the control channel. Questions are answered by ``Answerer``'s threads: they run user code."""

    def __init__(self, channel: Channel, interrupts: Interrupts, inbox: Inbox, answerer: Answerer) -> None:
        self._channel = channel
        self._interrupts = interrupts
        self._inbox = inbox
        self._answerer = answerer
        self._lock = threading.Lock()
        self._clears: deque[ClearNamespace] = deque()
        self._over: deque[str] = deque()
        self._running: tuple[str, str, int | None] | None = None

    def running(self, owner: str, execution_id: str, epoch: int | None) -> None:
        """The main thread begins a cell in the namespace of ``owner``: a flow, or something of its own."""
        with self._lock:
            self._running = (owner, execution_id, epoch)

    def idle(self) -> None:
        """The main thread ended it."""
        with self._lock:
            self._running = None

    def next_clear(self) -> ClearNamespace | None:
        """A namespace that is to be cleared, for the main thread when idle."""
        return self._clears.popleft() if self._clears else None

    def next_over(self) -> str | None:
        """A run whose namespace is to be dropped, for the main thread when idle."""
        return self._over.popleft() if self._over else None

    def serve(self) -> None:
        """Body of the control thread. The agent's end of file ends the runner: nobody is left to serve."""
        while True:
            if select.select([self._channel], [], [], self._wait_s())[0]:
                try:
                    frame = self._channel.recv()
                    if frame is None:
                        os._exit(0)
                    self._take(frame.message, frame.fds)
                    frame.close()
                except BadMessage:
                    continue
                except OSError:
                    os._exit(0)
            self._answerer.give_up_on_late(monotonic())
            self._interrupts.send_again()

    def _wait_s(self) -> float:
        answer_s = self._answerer.wait_s()
        wait_s = IDLE_S if answer_s is None else answer_s
        return min(wait_s, AGAIN_S) if self._interrupts.watching else wait_s

    def _take(self, message: Any, fds: list[int]) -> None:
        if isinstance(message, InterruptCell):
            self._interrupts.interrupt(message.execution_id)
        elif isinstance(message, ClearNamespace):
            self._clear(message)
        elif isinstance(message, DropRun):
            self._over.append(message.run_id)
            self._inbox.wake()
        elif isinstance(message, Question) and message.kind == "ping":
            facts = {"execution_id": self._interrupts.current, "pid": os.getpid()}
            self._channel.send(Reply(message.request, facts))
        elif isinstance(message, Question) and message.kind == "load" and fds:
            self._answerer.load(message, fds.pop())
        elif isinstance(message, Question):
            self._answerer.ask(message)

    def _clear(self, message: ClearNamespace) -> None:
        self._clears.append(message)
        with self._lock:
            running = self._running
        if running is not None and running[0] == message.flow_id:
            _owner, execution_id, epoch = running
            if epoch is None or epoch < message.epoch:  # else it was sent after the restart
                self._interrupts.interrupt(execution_id)
        self._inbox.wake()
