"""When a limit holds, by what its trial found; what its absence means, and what to do. No I/O."""

from __future__ import annotations

from tasks.runtimes.profile import INIT_RIGHTS
from tasks.runtimes.self_test.verdicts import Asked, Rule, Told

CAPABILITIES = {"KILL": 5, "SETGID": 6, "SETUID": 7}
"""Their numbers in Linux's masks."""
INIT_MASK = sum(1 << CAPABILITIES[name] for name in INIT_RIGHTS)
FILTERED = "2"
SLACK = 1.25
"""More than a limit times this is no matter of measuring."""


def _memory(asked: Asked, found: Told) -> bool | None:
    # A child that was slow has shown it, too, once more was counted than the limit.
    if found["got_it"] or int(found["peak_bytes"] or 0) > asked.memory_bytes * SLACK:
        return False
    # Somebody else may have killed it: the counter is the cgroup's own.
    return True if found["killed"] and found["oom_kills"] != 0 else None


def _swap(_asked: Asked, found: Told) -> bool | None:
    if found["allowed"] is not None:
        return str(found["allowed"]) == "0"
    return None if found["host_kb"] is None else int(found["host_kb"]) == 0


def _cpu(asked: Asked, found: Told) -> bool | None:
    # On a host that is busy it may never come to its share; that the share is counted says enough then.
    if found["throttled"] or found["periods"]:
        return bool(found["cores_used"] <= asked.cpu_cores * SLACK)
    if found["periods"] == 0 or found["cores_used"] > asked.cpu_cores * SLACK:
        return False
    return None


def _pids(asked: Asked, found: Told) -> bool | None:
    if found["children"] >= asked.pids:
        return False
    return True if found["refused"] == "EAGAIN" and found["refusals"] != 0 else None


def _files(asked: Asked, found: Told) -> bool | None:
    return bool(found["refused"] == "EMFILE" and found["opened"] <= asked.open_files and not found["raised"])


def _tmpfs(asked: Asked, found: Told) -> bool | None:
    full = found["refused"] == "ENOSPC" and found["written"] <= asked.run_bytes
    return bool(full and found["tmp_bytes"] <= asked.tmp_bytes)


def _rights(_asked: Asked, found: Told) -> bool | None:
    masks = [found[name] for name in ("CapEff", "CapPrm", "CapBnd")]
    if None in masks:
        return None
    return all(int(mask, 16) & ~INIT_MASK == 0 for mask in masks)


def _no_new_rights(_asked: Asked, found: Told) -> bool | None:
    return None if found["NoNewPrivs"] is None else found["NoNewPrivs"] == "1"


def _seccomp(_asked: Asked, found: Told) -> bool | None:
    return None if found["Seccomp"] is None else found["Seccomp"] == FILTERED


NEW_ENGINE = "see the warnings of `docker info`, and whether the engine is a recent one"
RULES = (
    Rule(
        "memory",
        "memory",
        _memory,
        "a process that took more than the container's limit was ended, counted by its cgroup",
        "a kernel can take all memory of the host",
        "boot Linux with `cgroup_enable=memory`, or use cgroup v2",
    ),
    Rule(
        "swap",
        "swap",
        _swap,
        "none on top of the memory",
        "a kernel can use the host's swap on top of its memory limit",
        "boot Linux with `swapaccount=1`, use cgroup v2, or switch swap off",
    ),
    Rule(
        "cpu",
        "cpu",
        _cpu,
        "the container was held at its share, counted by its cgroup",
        "a kernel can take all cores of the host",
        "a Linux with CFS bandwidth control; rootless engines need the cpu controller delegated",
    ),
    Rule(
        "pids",
        "pids",
        _pids,
        "a fork over the limit was refused, counted by its cgroup",
        "a fork bomb in a kernel reaches the host",
        "a Linux with the pids controller; rootless engines need it delegated",
    ),
    Rule(
        "open files",
        "files",
        _files,
        "a file over the limit was not opened, and the limit cannot be raised",
        "a kernel can open as many files as the host has",
        NEW_ENGINE,
    ),
    Rule(
        "read-only image",
        "root",
        lambda _, found: not found["written"],
        "no folder of the image could be written",
        "code can write outside the spool, where nothing is counted",
        NEW_ENGINE,
    ),
    Rule(
        "host's settings",
        "host",
        lambda _, found: not found["opened"],
        "neither these nor the container's own limits could be opened for writing",
        "code in a kernel may change the host's settings or its own limits",
        "stop kernels until this is mended; see whether the engine runs its containers privileged",
    ),
    Rule(
        "temporary files",
        "tmpfs",
        _tmpfs,
        "no more than their size was written",
        "temporary files of a kernel have no bound but its memory",
        NEW_ENGINE,
    ),
    Rule(
        "rights",
        "rights",
        _rights,
        "init has three capabilities and can get no other",
        "a kernel's first process has more rights than it was given",
        NEW_ENGINE,
    ),
    Rule(
        "no new rights",
        "rights",
        _no_new_rights,
        "no program can give its caller more rights",
        "a setuid program would give rights to code in a kernel",
        NEW_ENGINE,
    ),
    Rule(
        "core dumps",
        "rights",
        lambda _, found: found["core_bytes"] == 0,
        "none are written",
        "a crash may write the memory of a process to the host's disk",
        NEW_ENGINE,
    ),
    Rule(
        "seccomp",
        "rights",
        _seccomp,
        "the engine's filter of system calls is on",
        "no filter of system calls: much more of Linux is within reach of code in a kernel",
        "start the engine without `--seccomp-profile=unconfined`, on a Linux with CONFIG_SECCOMP_FILTER",
    ),
)
