"""How a container ended, as the rest of a sentence that begins with "the kernel". No I/O."""

from __future__ import annotations

import signal
from typing import Any

GB = 1_000_000_000
SIGNALLED = 128


UNTOLD = 3
"""Init's exit code when its standard input ended without a boot message."""


def never_began(found: dict[str, Any]) -> bool:
    """Whether it was started and got no boot message."""
    state = found["State"]
    return bool(state["Status"] == "exited" and state["ExitCode"] == UNTOLD)


def was_killed(found: dict[str, Any]) -> bool:
    """Whether it ended by SIGKILL, and not for want of memory."""
    state = found["State"]
    return bool(state["ExitCode"] == SIGNALLED + signal.SIGKILL and not state.get("OOMKilled"))


def how_it_ended(found: dict[str, Any] | None, started: bool) -> str:
    """``found``: the engine's answer about it, None when it is not there any more."""
    if found is None:
        return "is gone: its container was removed from outside" if started else "was never started"
    state = found["State"]
    if state["Status"] == "created":
        return "was never started: its container was made and not run"
    if state.get("OOMKilled") and state["ExitCode"] == SIGNALLED + signal.SIGKILL:
        limit = found["HostConfig"]["Memory"] / GB
        # The system kills in a container only when it has reached its limit.
        return f"was ended by the system: out of memory: the limit is {limit:.2f} GB, peak {limit:.2f} GB"
    if state.get("Error"):
        return f"could not be run: {str(state['Error'])[:500]}"
    return _by_code(int(state["ExitCode"]))


def _by_code(code: int) -> str:
    if code == SIGNALLED + signal.SIGTERM:
        return "was stopped from outside: its container was, or the Docker Engine"
    if SIGNALLED < code < SIGNALLED + signal.SIGRTMIN:
        return f"was ended by {signal.Signals(code - SIGNALLED).name}"
    return f"ended by itself with exit code {code}"
