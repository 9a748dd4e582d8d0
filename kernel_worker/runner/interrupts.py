"""SIGINT, addressed to one execution: raised in its user code, nowhere else and never later.

Python looks for signals at calls, backward jumps and function entries. ``running`` is therefore a
plain attribute that the code around user code sets without a call in between (see ``shell``).
"""

from __future__ import annotations

import signal
import sys
import threading
import time

# The public one makes enums of handlers, three times a cell.
from _signal import getsignal as _getsignal  # type: ignore[import-not-found]
from collections import deque
from types import FrameType
from typing import TYPE_CHECKING

from kernel_worker.runner.swallowed import is_swallowed

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

REMEMBERED = 256
SETTLE_STEPS = 100
SETTLE_STEP_S = 0.0005
MOST_AGAIN = 20


class Interrupts:
    """State shared by the main thread, which runs cells, and the control thread, which interrupts them."""

    def __init__(self) -> None:
        self.running = False
        self.pending = False  # asked for, not raised yet: raised before the cell's next statement
        self._lock = threading.Lock()
        self._main = threading.main_thread().ident or 0
        self._current: str | None = None
        self._early: deque[str] = deque(maxlen=REMEMBERED)
        self._ended: deque[str] = deque(maxlen=REMEMBERED)
        self._named = False
        self._unseen = False
        self._depth = 0
        self._deferred = False
        self._raised: KeyboardInterrupt | None = None
        self._again = 0

    def install(self) -> None:
        """Install the handler. At start only: polars hooks SIGINT in C, over what it finds.

        Installing it again takes that hook away, and a running query can then not be broken.
        """
        signal.signal(signal.SIGINT, self.on_signal)
        signal.siginterrupt(signal.SIGINT, True)
        sys.unraisablehook = self.on_unraisable

    def on_unraisable(self, told: UnraisableHookArgs) -> None:
        """Tell what Python drops, but not our own exception: that one is raised again (``send_again``)."""
        if told.exc_value is None or told.exc_value is not self._raised:
            sys.__unraisablehook__(told)

    def restore(self) -> None:
        """Put the handler back if user code took it away, and unblock the signal."""
        if _getsignal(signal.SIGINT) != self.on_signal:
            self.install()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """The handler. Runs in the main thread."""
        ours, self._unseen = self._unseen, False
        if not self.running or (ours and not self.pending):
            return
        if self._depth:
            self._deferred = True
            return
        self._raise()

    def _raise(self) -> None:
        self.pending = False
        self._raised = KeyboardInterrupt()
        raise self._raised

    def begin(self, execution_id: str) -> bool:
        """Make this execution the current one; False if it was interrupted before it began."""
        with self._lock:
            self._current = execution_id
            self._named = execution_id in self._early
            self._deferred = self.pending = False
            return not self._named

    def end(self) -> None:
        """No execution is current any more; a signal still on its way is waited for, then dropped."""
        with self._lock:
            if self._current is not None:
                self._ended.append(self._current)
            self._current = self._raised = None
            self._again = 0
            self._deferred = self.pending = False
        for _ in range(SETTLE_STEPS):
            if not self._unseen:
                return
            time.sleep(SETTLE_STEP_S)
        self._unseen = False

    @property
    def named(self) -> bool:
        """Whether somebody asked to interrupt the current execution."""
        return self._named

    @property
    def current(self) -> str:
        """Id of the execution that runs; "" for none."""
        return self._current or ""

    def interrupt(self, execution_id: str) -> None:
        """Interrupt that execution now, or when it begins; ignored if it has ended. Control thread."""
        with self._lock:
            if execution_id == self._current:
                self._named = self.pending = True
                self._again = MOST_AGAIN
                self._kill()
            elif execution_id not in self._ended and execution_id not in self._early:
                self._early.append(execution_id)

    @property
    def watching(self) -> bool:
        """Whether an interrupt may need to be sent again."""
        return self._again > 0

    def send_again(self) -> None:
        """Send the signal again if it was lost. Control thread, a few times after each interrupt.

        Lost: it came just before a blocking call, which does not end by it; or it was raised where
        Python drops exceptions.
        """
        with self._lock:
            if self._current is None or not self._again:
                return
            self._again -= not self._depth  # shielded, it is tried as often afterwards
            if self._raised is not None and is_swallowed(self._raised, self._main):
                self._raised, self.pending = None, True
            if self.pending and signal.getsignal(signal.SIGINT) == self.on_signal:
                self._kill()

    def _kill(self) -> None:
        """Send the signal, unless user code gave it its default action, which would end the runner."""
        if not self.running or signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            return
        # Polars' import sets SA_RESTART, with which a blocking call would go on after the signal.
        signal.siginterrupt(signal.SIGINT, True)
        self._unseen = True
        signal.pthread_kill(self._main, signal.SIGINT)

    def __enter__(self) -> None:
        """Shield: our own code on the main thread is not torn in the middle of a frame."""
        if threading.get_ident() == self._main:
            self._depth += 1

    def __exit__(self, *_exc: object) -> None:
        if self._is_over() and self.running:
            self._raise()

    def leave_quietly(self) -> None:
        """End the shield where nothing may be raised: what came meanwhile comes by the next signal.

        That is sent within a moment; the cell's next statement does not begin before it.
        """
        if self._is_over() and self.running:
            with self._lock:
                self.pending, self._again = True, MOST_AGAIN

    def _is_over(self) -> bool:
        """Whether the outermost shield ended by this, and an interrupt came in it."""
        if threading.get_ident() != self._main:
            return False
        self._depth -= 1
        came = self._deferred and not self._depth
        if came and self.running:
            self._deferred = False
        return came
