"""The throwaway container's only process: tries each limit and says what happened, a line of JSON each.

What that means is judged outside, by ``rules``.

It is sent as text: so it is one file, with the standard library only and nothing of ours. Its argument: the
fields of ``verdicts.Asked`` as JSON.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

DEADLINE_S = 20
STEP_S = 6.0
PIECE = 4 * 1024 * 1024
FORKS_OVER, FILES_OVER, TMPFS_OVER = 8, 16, 1024 * 1024
BURNERS = 2
CGROUP = "/sys/fs/cgroup"
FOLDERS = ("/", "/etc", "/usr/bin", "/opt/husk", "/spool", "/var/tmp")  # noqa: S108
HOSTS = ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper")
OWN = ("memory.max", "memory/memory.limit_in_bytes", "pids.max", "pids/pids.max")

Told = dict[str, Any]


def read(*names: str) -> str | None:
    """The first of these files that can be read; relative ones are the cgroup's, v2 or v1."""
    for name in names:
        try:
            with open(os.path.join(CGROUP, name)) as file:  # noqa: PTH118, PTH123
                return file.read().strip()
        except OSError:
            continue
    return None


def counter(field: str, *names: str) -> int | None:
    """A ``field number`` line of the first of these files that can be read."""
    for line in (read(*names) or "").splitlines():
        words = line.split()
        if words[:1] == [field]:
            return int(words[1])
    return None


def oom_kills() -> int | None:
    """How often the system killed in this container for memory."""
    return counter("oom_kill", "memory.events", "memory/memory.oom_control")


def throttled(field: str = "nr_throttled") -> int | None:
    """In how many periods the container had used up its share of CPU time.

    ``nr_periods``: how many there were, none where no share is set.
    """
    return counter(field, "cpu.stat", "cpu/cpu.stat", "cpu,cpuacct/cpu.stat")


def ended(pid: int, within_s: float) -> int | None:
    """The status of a child; it is killed, and None returned, when it takes too long."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def take_memory(most: int) -> None:
    """The body of a child that takes ``most`` bytes, the first to be killed where they are not to be had."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
            file.write("1000")
    except OSError:
        pass
    held: list[bytes] = []
    while len(held) * PIECE < most:
        held.append(b"\1" * PIECE)
    os._exit(0)


def try_memory(asked: Told) -> Told:
    """A child takes twice the limit."""
    before = oom_kills()
    pid = os.fork()
    if pid == 0:
        take_memory(2 * asked["memory_bytes"])
    status = ended(pid, STEP_S)
    after = oom_kills()
    return {
        "got_it": status == 0,
        "killed": status is not None and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "in_time": status is not None,
        "oom_kills": None if before is None or after is None else after - before,
        "peak_bytes": read("memory.peak", "memory/memory.max_usage_in_bytes"),
    }


def try_swap(asked: Told) -> Told:
    """What of swap is allowed: on top of the memory in v2, with it in v1."""
    total = counter("SwapTotal:", "/proc/meminfo")
    together = read("memory/memory.memsw.limit_in_bytes")
    alone = read("memory.swap.max")
    if together is not None and together.isdigit():
        alone = str(max(0, int(together) - asked["memory_bytes"]))
    return {"host_kb": total, "allowed": alone}


def try_pids(asked: Told) -> Told:
    """Fork until that is refused."""
    before = counter("max", "pids.events", "pids/pids.events")
    reader, writer = os.pipe()
    children: list[int] = []
    refused = None
    try:
        while len(children) < asked["pids"] + FORKS_OVER:
            pid = os.fork()
            if pid == 0:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
            children.append(pid)
    except OSError as error:
        refused = errno.errorcode.get(error.errno or 0)
    os.close(writer)
    for pid in children:
        ended(pid, 1.0)
    os.close(reader)
    after = counter("max", "pids.events", "pids/pids.events")
    return {
        "children": len(children),
        "refused": refused,
        "refusals": None if before is None or after is None else after - before,
    }


def try_files(asked: Told) -> Told:
    """Open files until that is refused, then ask for more."""
    held: list[int] = []
    refused = None
    try:
        while len(held) < asked["open_files"] + FILES_OVER:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        refused = errno.errorcode.get(error.errno or 0)
    for one in held:
        os.close(one)
    more = 2 * asked["open_files"]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (more, more))
        raised = True
    except (OSError, ValueError):
        raised = False
    return {"opened": len(held), "refused": refused, "raised": raised}


def try_root(_asked: Told) -> Told:
    """Write into the image's folders."""
    written = []
    for folder in FOLDERS:
        path = os.path.join(folder, "trial.tmp")  # noqa: PTH118
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.unlink(path)  # noqa: PTH108
            written.append(folder)
        except OSError:
            continue
    return {"written": written}


def try_host(_asked: Told) -> Told:
    """Open for writing what the host, or this container's own limits, are set by. Nothing is written."""
    opened = []
    for path in (*HOSTS, *(f"{CGROUP}/{name}" for name in OWN)):
        try:
            os.close(os.open(path, os.O_WRONLY))
            opened.append(path)
        except OSError:
            continue
    return {"opened": opened}


def try_tmpfs(asked: Told) -> Told:
    """Fill /run, and ask how large /tmp is."""
    written, refused = 0, None
    most = asked["run_bytes"] + TMPFS_OVER
    try:
        with open("/run/trial.tmp", "wb", buffering=0) as file:  # noqa: PTH123
            while written < most:
                written += file.write(b"\0" * 65_536)
    except OSError as error:
        refused = errno.errorcode.get(error.errno or 0)
    if written:
        os.unlink("/run/trial.tmp")  # noqa: PTH108
    tmp = os.statvfs("/tmp")  # noqa: S108
    return {"written": written, "refused": refused, "tmp_bytes": tmp.f_blocks * tmp.f_frsize}


def try_rights(_asked: Told) -> Told:
    """What the system says that this process may do."""
    lines = (line.partition(":") for line in (read("/proc/self/status") or "").splitlines())
    status = {name: value.strip() for name, _, value in lines}
    wanted = ("CapEff", "CapBnd", "CapPrm", "NoNewPrivs", "Seccomp")
    return {
        **{name: status.get(name) for name in wanted},
        "core_bytes": resource.getrlimit(resource.RLIMIT_CORE)[1],
        "apparmor": read("/proc/self/attr/apparmor/current", "/proc/self/attr/current"),
        "uid_map": (read("/proc/self/uid_map") or "").split(),
        "cgroup": "2" if read("cgroup.controllers") is not None else "1",
    }


def burn(until: float) -> None:
    """The body of a child that takes all the CPU time that it gets."""
    while time.monotonic() < until:
        pass
    os._exit(0)


def try_cpu(_asked: Told) -> Told:
    """Last: everything before has used CPU time, so the share may have been used up already."""
    began, used = time.monotonic(), sum(os.times()[:4])
    if not throttled():
        children = []
        for _ in range(BURNERS):
            pid = os.fork()
            if pid == 0:
                burn(began + 1.0)
            children.append(pid)
        for pid in children:
            ended(pid, STEP_S)
    took = max(time.monotonic() - began, 1e-3)
    cores = (sum(os.times()[:4]) - used) / took
    return {"throttled": throttled(), "periods": throttled("nr_periods"), "cores_used": cores}


TRIALS: dict[str, Callable[[Told], Told]] = {
    "rights": try_rights,
    "files": try_files,
    "root": try_root,
    "host": try_host,
    "tmpfs": try_tmpfs,
    "swap": try_swap,
    "pids": try_pids,
    "memory": try_memory,
    "cpu": try_cpu,
}


def main() -> int:
    """Every trial; one that fails says so, and the others go on."""
    # The first process of a container has no default actions: an alarm without a handler would be nothing.
    signal.signal(signal.SIGALRM, lambda *_: os._exit(3))
    signal.alarm(DEADLINE_S)
    gc.disable()
    asked = json.loads(sys.argv[1])
    for name, attempt in TRIALS.items():
        try:
            told = attempt(asked)
        except (OSError, ValueError, MemoryError) as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps({"trial": name, **told}) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
