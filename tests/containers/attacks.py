"""What user code tries in a kernel, as source: run in a cell, and in plain containers that lack one control.

Each source leaves a dict ``tried`` (what → ``done`` or the name of the error) and prints it as its last line.
"""

from __future__ import annotations

import json
from typing import Any

import docker

from tasks.runtimes.images import Image
from tests.containers.boxes import RUNNER, RUNNER_PYTHON, run_in
from tests.containers.docker_stack import DockerStack

Tried = dict[str, Any]
REFUSED = {"EPERM", "EACCES"}

BEGIN = """
import ctypes, errno, json, os, signal, socket, stat, struct, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
tried = {}

def attempt(name, function, *arguments):
    try:
        function(*arguments)
        tried[name] = "done"
    except TimeoutError:
        tried[name] = "ETIMEDOUT"
    except OSError as error:
        tried[name] = errno.errorcode.get(error.errno, str(error))

def call(number, *arguments):
    ctypes.set_errno(0)
    words = (ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)
    answer = libc.syscall(ctypes.c_long(number), *words)
    if answer < 0:
        raise OSError(ctypes.get_errno(), str(number))
    return answer
"""
END = "\nprint(json.dumps(tried))\n"

OTHERS = """
def others():
    me = os.getuid()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/status") as file:
                uid = int(next(line for line in file if line.startswith("Uid:")).split()[1])
        except OSError:
            continue
        if uid != me:
            yield int(name)
"""
"""Processes of other users: init, and all of the agent."""

LOOK_INTO = """
def read(path):
    with open(path, "rb") as file:
        file.read(1)

def write(path, data):
    with open(path, "w") as file:
        file.write(data)

def read_memory(pid):
    with open(f"/proc/{pid}/maps") as maps:
        start = int(maps.readline().partition("-")[0], 16)
    with open(f"/proc/{pid}/mem", "rb") as file:
        file.seek(start)
        file.read(16)

def copy_memory(pid):
    room = ctypes.create_string_buffer(16)
    near = (ctypes.c_size_t * 2)(ctypes.addressof(room), 16)
    far = (ctypes.c_size_t * 2)(0x400000, 16)
    try:
        call(310, pid, near, 1, far, 1, 0)
    except OSError as error:
        if error.errno != errno.EFAULT:  # nothing is there, but one may look
            raise

def take_descriptor(pid):
    handle = os.pidfd_open(pid)
    try:
        call(438, handle, 0, 0)
    finally:
        os.close(handle)

def trace(pid):
    call(101, 0x4206, pid, 0, 0)  # PTRACE_SEIZE

def attack(pid, who):
    attempt(f"{who}: memory", read_memory, pid)
    attempt(f"{who}: memory by system call", copy_memory, pid)
    for name in ("environ", "auxv"):
        attempt(f"{who}: {name}", read, f"/proc/{pid}/{name}")
    attempt(f"{who}: descriptors", os.listdir, f"/proc/{pid}/fd")
    attempt(f"{who}: descriptors of a thread", os.listdir, f"/proc/{pid}/task/{pid}/fd")
    attempt(f"{who}: files by cwd", os.listdir, f"/proc/{pid}/cwd")
    attempt(f"{who}: files by root", os.listdir, f"/proc/{pid}/root")
    attempt(f"{who}: a descriptor by pidfd", take_descriptor, pid)
    attempt(f"{who}: trace", trace, pid)
    attempt(f"{who}: priority", os.setpriority, os.PRIO_PROCESS, pid, 19)
    attempt(f"{who}: order of OOM kills", write, f"/proc/{pid}/oom_score_adj", "1000")
    for name in ("SIGSTOP", "SIGTERM", "SIGKILL"):
        attempt(f"{who}: {name}", os.kill, pid, getattr(signal, name))
"""
"""``attack(pid, who)``: all that one process can do to another that it may not touch."""

SYSTEM_CALLS = """
def in_child(function):
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        raise OSError(code, "in the child")

def both(name, *arguments):
    attempt(name, in_child, lambda: call(*arguments))

both("mount", 165, b"none", b"/tmp", b"tmpfs", 0, 0)
both("unmount", 166, b"/dev/shm", 0)
both("unshare a user namespace", 272, 0x10000000)
both("unshare a mount namespace", 272, 0x20000)
both("change the root", 161, b"/tmp")
both("change the host's name", 170, b"x", 1)
both("add a key", 248, b"user", b"x", b"y", 1, -2)
attempt("make a device", in_child, lambda: os.mknod("/tmp/disk", 0o600 | stat.S_IFBLK, os.makedev(254, 0)))
attempt("become root", in_child, lambda: (os.setgroups([]), os.setresuid(0, 0, 0)))
attempt("a raw socket", in_child, lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("a packet socket", in_child, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 768))
"""
"""Harmless in a container that may do them."""
OTHER_CALLS = """
for name, *arguments in (
    ("pivot the root", 155, b"/tmp", b"/tmp"), ("open by handle", 304, -100, 0, 0), ("bpf", 321, 0, 0, 0),
    ("load a module", 175, 0, 0, b""), ("load a module by file", 313, 0, b"", 0),
    ("remove a module", 176, b"x", 0),
    ("load a kernel", 246, 0, 0, 0, 0), ("reboot", 169, 0, 0, 0, 0), ("swap on", 167, b"/tmp/x", 0),
    ("set the clock", 227, 0, 0), ("set the time of day", 164, 0, 0), ("ports of devices", 172, 3),
    ("the system's log", 103, 3, 0, 0), ("accounting", 163, 0), ("quotas", 179, 0, 0, 0, 0),
    ("faults of memory", 323, 0), ("watch all files", 300, 0, 0), ("open a filesystem", 430, b"tmpfs", 0),
    ("copy a mount", 428, -100, b"/", 1), ("move a mount", 429, -100, b"/", -100, b"/tmp", 0),
    ("join init's network", 308, os.open("/proc/self/ns/net", os.O_RDONLY), 0),
    ("measure the system", 298, 0, 0, -1, -1, 0),
):
    both(name, *arguments)
"""
"""These could harm a host that allows them: they are tried where they must not be, and nowhere else."""

LIMITS = """
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        lines = open(f"/proc/{pid}/status").read().splitlines()
    except OSError:
        continue
    fields = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    what = ("Uid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")
    tried[pid] = {name: fields[name].split()[0] for name in what}
"""
"""What each process in the container may do, as ``/proc`` says."""


def in_cell(docked: DockerStack, uid: str, *sources: str) -> Tried:
    """What came of it in a kernel."""
    # In a function of its own thread's module, so that nothing of it stays in the namespace.
    code = "\n".join((BEGIN, *sources, END))
    found: Tried = json.loads(docked.said(uid, code).splitlines()[-1])
    return found


def in_plain(engine: docker.DockerClient, image: Image, *sources: str, **options: Any) -> Tried:
    """The same in a container of the same image that has other walls: ``options`` as of ``boxes.run_in``."""
    argv = [RUNNER_PYTHON, "-I", "-c", "\n".join((BEGIN, *sources, END))]
    code, told = run_in(engine, image.id, argv, **({"user": f"{RUNNER}:{RUNNER}"} | options))
    assert code == 0, told
    found: Tried = json.loads(told.splitlines()[-1])
    return found
