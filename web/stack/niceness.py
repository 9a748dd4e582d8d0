"""How far a process stands back for others where there is more work than cores. Best effort."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

TRIES = 5
AGAIN_S = 0.15
"""Linux takes such a wish of a user once in 100 ms, whatever group it is about."""


def set_back(pid: int, nice: int) -> None:
    """Set the niceness of a process that leads a session, 0 to 19, and that of its session.

    Linux shares cores among sessions (autogroups) first, where that is on: a process's own niceness counts
    within its session alone.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    for _ in range(TRIES):
        try:
            Path(f"/proc/{pid}/autogroup").write_text(str(nice))
        except BlockingIOError:
            time.sleep(AGAIN_S)
        except OSError:  # no such thing here, or the process is gone
            return
        else:
            return
