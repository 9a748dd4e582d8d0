"""What a process may do: identity, limits, its end with its parent. For init, and between fork and exec."""

from __future__ import annotations

import ctypes
import os
import resource
import signal

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def harden_init() -> None:
    """Orphans of the runner become init's children, so that they can be ended; no core dumps, no tracing."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _prctl(PR_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def enter_cgroup(path: str) -> None:
    """Move init, and with it all that it will start, into a cgroup folder. Raises ``OSError``.

    A container begins in its own, which it sees read-only.
    """
    me = str(os.getpid())
    with open(f"{path}/cgroup.procs") as file:  # noqa: PTH123
        if me in file.read().split():
            return
    with open(f"{path}/cgroup.procs", "w") as file:  # noqa: PTH123
        file.write(me)


def die_with_parent(parent: int) -> None:
    """Be killed when the parent dies; at once if it is dead already."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def drop(uid: int | None, parent: int) -> None:
    """Become ``uid`` for good (None: stay), gain nothing by exec, end with the parent."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    # After the change of identity, which clears it.
    die_with_parent(parent)


def be_killed_first() -> None:
    """Take the highest OOM score, so that the agent outlives a runner that ate the memory."""
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")


def yield_to_agent() -> None:
    """Come after init and agent in this container's share of CPU time: a fork bomb must not keep them from
    ending it. Other containers' shares are not touched."""
    os.nice(19)


def limit_files(limit_bytes: int) -> None:
    """Bound the size of one file: what writes more gets an error at once, long before the disk is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))


def limit_data(limit_bytes: int) -> None:
    """Bound private writable memory, for kernels without a cgroup (RLIMIT_AS breaks Polars)."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
