"""``python -I -S confined.py MEMORY FILE PARENT PROGRAM ARGUMENT…``: the program within limits, in bytes.

Runs before anything of Husk's can be imported, so of the standard library alone. It ends with its parent, is
the first to be killed when memory runs short, and leaves the processors to others.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
NICENESS = 5


def main(memory: int, file: int, parent: int, argv: list[str]) -> None:
    """Never returns."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    for what, limit in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, file)):
        resource.setrlimit(what, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Over the limit of a file's size it gets an error, which it can tell.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
        score.write("1000")
    os.nice(NICENESS)
    # Kernels' users read what is made here.
    os.umask(0o022)
    os.execv(argv[0], argv)  # noqa: S606 (no shell is what we want)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
