"""What the agent sends on the cells channel: cells, and answers that a cell waits for."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections import deque
from collections.abc import Callable, Iterator
from time import monotonic

from broker_config.wire.errors import BadMessage
from broker_config.wire.frames import CallReply, Channel, Execute, Frame, SharedReply, SharedTaken
from kernel_worker.runner.interrupts import Interrupts
from kernel_worker.runner.spares import Spares

STEP_S = 0.25
CROWDED_STEP_S = 0.02  # one of several who wait may read what is another's
QUIET_S = 0.05

Replies = deque[tuple[CallReply, list[int]]]


class Gone(Exception):
    """The agent closed its end: nothing more will come."""


class Inbox:
    """Reads the cells channel, from the main thread between cells and from a cell that waits."""

    def __init__(self, channel: Channel, shield: Interrupts, spares: Spares) -> None:
        self._channel = channel
        self._spares = spares
        self._shield = shield
        self._reading = threading.Lock()
        self._cells: deque[Execute] = deque()
        self._replies: deque[tuple[SharedReply, list[int]]] = deque()
        self._taken: deque[SharedTaken] = deque()
        self._calls: dict[int, Replies] = {}
        self._woken, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.is_quiet = False

    def wake(self) -> None:
        """Make ``next_cell`` return None. Any thread."""
        with contextlib.suppress(BlockingIOError):  # it is awake already
            os.write(self._waker, b"x")

    def next_cell(self, when_quiet: bool = False) -> Execute | None:
        """Wait for a cell; None when woken, or when there are answers for ``taken`` and nothing follows.

        ``when_quiet``: None too when nothing comes for a moment; then ``is_quiet``.

        Raises:
            Gone: the agent is gone.
        """
        while not self._cells:
            wait_s = QUIET_S if self._taken or when_quiet else None
            ready, _, _ = select.select([self._channel.fileno(), self._woken], [], [], wait_s)
            self.is_quiet = not ready
            if not ready:
                return None
            if self._woken in ready:
                os.read(self._woken, 4096)
                return None
            self._read_one()
            self.drop_replies()
        return self._cells.popleft()

    def taken(self) -> list[SharedTaken]:
        """What came about files that were handed over, once."""
        return [self._taken.popleft() for _ in range(len(self._taken))]

    def next_reply(self, timeout_s: float) -> tuple[SharedReply, list[int]]:
        """Wait for an answer about shared files; the caller closes its descriptors.

        Raises:
            TimeoutError: none came in time.
            Gone: the agent is gone.
        """
        self._wait(self._replies, timeout_s, lambda: True)
        return self._replies.popleft()

    @contextlib.contextmanager
    def expecting(self, number: int) -> Iterator[Replies]:
        """Keep what comes for this question within the block; what nobody took is dropped after it."""
        replies: Replies = deque()
        self._calls[number] = replies
        try:
            yield replies
        finally:
            with self._shield:
                self._calls.pop(number, None)
                _close_all(replies)

    def next_call_reply(
        self,
        replies: Replies,
        timeout_s: float,
        goes_on: Callable[[], bool],
    ) -> tuple[CallReply, list[int]]:
        """Wait for an answer to a question that is ``expecting``; the caller closes its descriptors.

        Raises:
            TimeoutError: none came in time, or ``goes_on`` said no.
            Gone: the agent is gone.
        """
        self._wait(replies, timeout_s, goes_on)
        return replies.popleft()

    def drop_replies(self) -> None:
        """Nobody waits for what came: an interrupted cell asked."""
        _close_all(self._replies)

    def _wait(
        self,
        replies: Replies | deque[tuple[SharedReply, list[int]]],
        timeout_s: float,
        goes_on: Callable[[], bool],
    ) -> None:
        """Read until there is something in ``replies``."""
        deadline = monotonic() + timeout_s
        while not replies:
            left = deadline - monotonic()
            if left <= 0 or not goes_on():
                raise TimeoutError
            step_s = STEP_S if len(self._calls) <= 1 else CROWDED_STEP_S
            if select.select([self._channel], [], [], min(left, step_s))[0]:
                self._read_one()

    def _read_one(self) -> None:
        with self._shield, self._reading:
            if not select.select([self._channel], [], [], 0)[0]:
                return  # another thread of the cell took it
            try:
                frame = self._channel.recv()
                if frame is None:
                    raise Gone
                self._sort(frame)
            except BadMessage:
                return

    def _sort(self, frame: Frame) -> None:
        try:
            message = frame.message
            if isinstance(message, CallReply):
                self._sort_reply(message, frame)
            elif isinstance(message, SharedReply):
                self._replies.append((message, list(frame.fds)))
                frame.fds.clear()
            elif isinstance(message, SharedTaken):
                self._taken.append(message)
            elif isinstance(message, Execute):
                self._spares.put(frame.fds)
                self._cells.append(message)
                if threading.current_thread() is not threading.main_thread():
                    self.wake()  # a thread that waits for an answer read the main thread's cell
        finally:
            frame.close()

    def _sort_reply(self, reply: CallReply, frame: Frame) -> None:
        replies = self._calls.get(reply.number)
        if replies is not None:
            replies.append((reply, list(frame.fds)))
            frame.fds.clear()


def _close_all(replies: Replies | deque[tuple[SharedReply, list[int]]]) -> None:
    while replies:
        for fd in replies.popleft()[1]:
            os.close(fd)
