"""Which threads are ours, and which were left behind by earlier cells."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any


class Threads:
    """Threads left behind write to nowhere: they must not appear in a later cell's output."""

    def __init__(self) -> None:
        self.stale: dict[int, threading.Thread | None] = {}
        self._ours: set[int] = {threading.main_thread().ident or 0}

    def start(self, target: Callable[..., None], *args: Any) -> threading.Thread:
        """Start a daemon thread of the runner's own."""

        def run() -> None:
            ident = threading.get_ident()
            self._ours.add(ident)
            try:
                target(*args)
            finally:
                self._ours.discard(ident)  # the next thread that gets it may be user code's

        thread = threading.Thread(target=run, name=f"husk-{target.__name__}", daemon=True)
        thread.start()
        return thread

    def begin(self) -> None:
        """A cell begins: every other thread that runs Python now is left behind."""
        known = {thread.ident: thread for thread in threading.enumerate()}
        frames = sys._current_frames()  # raw threads too; not idle ones of C pools, which serve this cell
        self.stale = {
            ident: known.get(ident)
            for ident in frames
            if ident not in self._ours and not _serves_scripts(known.get(ident))
        }

    def left_behind(self) -> bool:
        """Whether the calling thread was left behind by an earlier cell."""
        ident = threading.get_ident()
        if ident not in self.stale:
            return False
        then = self.stale[ident]  # idents are used again: compare the thread itself
        return then is None or threading.current_thread() is then


def _serves_scripts(thread: threading.Thread | None) -> bool:
    """IPython keeps one thread with an event loop for ``%%bash`` and its like."""
    target = getattr(thread, "_target", None)
    owner = getattr(target, "__self__", None)
    return getattr(target, "__name__", "") == "run_forever" and _is_script_loop(owner)


def _is_script_loop(loop: object) -> bool:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.magics.script import ScriptMagics

    if loop is None or not InteractiveShell.initialized():
        return False
    magics = InteractiveShell.instance().magics_manager.registry.get(ScriptMagics.__name__)
    return getattr(magics, "event_loop", None) is loop


class Stop(BaseException):
    """Raised in a thread whose answer nobody waits for any more."""


def raise_in(thread: threading.Thread) -> None:
    """End a thread that is stuck in Python code; one that is stuck in C stays."""
    import ctypes  # only here: an idle runner does without it

    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stop))
