"""That this kernel ends: since when, with which exit code, and whether Husk asked for it."""

from __future__ import annotations

import signal
import time

STOP_S = 8.0
SIGNALLED = 128
"""And the signal's number: the exit code of what a signal stopped, so that others can tell."""
ANNOUNCEMENT = signal.SIGURG
"""Husk sends it before its own SIGTERM, which an engine or a host that goes down sends as well. Redis, the
other way to say so, may be away. An init that does not know it ignores it."""


class KernelEnd:
    """Signals' handlers write it, so it does nothing but remember."""

    def __init__(self) -> None:
        self.until: float | None = None
        """When what is left is killed, monotonic; None while the kernel is to live."""
        self.exit_code = 0
        self.asked = False
        """Whether it is Husk that ends this kernel."""

    def begin(self, exit_code: int = 0) -> bool:
        """End from now on; False when that has begun already."""
        if self.until is not None:
            return False
        self.exit_code = exit_code
        self.until = time.monotonic() + STOP_S
        return True

    def announce(self) -> None:
        """Husk is about to end this kernel."""
        self.asked = True
