"""Start the agent and runners: fork, drop rights, exec."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from kernel_worker.init.order import Order
from kernel_worker.init.privileges import be_killed_first, drop, limit_data, limit_files, yield_to_agent

SAFE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def start_agent(order: Order, channel: int) -> int:
    """Start the agent with its boot message on standard input and ``channel`` inherited; its pid.

    Raises ``OSError``: that is not possible now.
    """
    reader, writer = os.pipe()
    argv = [sys.executable, "-I", "-m", "kernel_worker.agent", "--init", str(channel)]
    env = {"PATH": SAFE_PATH, "LANG": "C.UTF-8", "HOME": order.agent_dir}

    def prepare(parent: int) -> None:
        os.dup2(reader, 0)
        os.set_inheritable(channel, True)
        drop(order.agent_uid, parent)
        os.chdir(order.agent_dir)  # after: in a container root may not enter a folder closed to others

    try:
        pid = _fork_exec(argv, env, prepare)
    except OSError:
        os.close(writer)
        raise
    finally:
        os.close(reader)
    _write_all(writer, order.line)
    return pid


def _write_all(fd: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(fd, data) :]
    except BrokenPipeError:
        pass  # it died at once: the supervisor sees that by its exit
    finally:
        os.close(fd)


def start_runner(order: Order, generation: str, cells: int, control: int, noise: int) -> int:
    """Start a runner on its ends of both socket pairs; ``noise`` takes its raw stdout and stderr; its pid."""
    argv = [
        *(order.runner_python, "-P", "-m", "kernel_worker.runner"),
        *("--cells", str(cells), "--control", str(control), "--generation", generation),
        *("--namespaces", str(order.namespaces), "--shared", order.shared_dir),
    ]

    def prepare(parent: int) -> None:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(noise, 1)
        os.dup2(noise, 2)
        os.set_inheritable(cells, True)
        os.set_inheritable(control, True)
        os.umask(0o077)
        be_killed_first()
        if parent == 1:  # in a container, where nothing but init and agent competes with it
            yield_to_agent()
        if not order.cgroup:
            limit_data(order.memory_bytes)
        if order.file_bytes:
            limit_files(order.file_bytes)
        drop(order.runner_uid, parent)
        os.chdir(order.runner_dir)

    return _fork_exec(argv, _runner_env(order), prepare)


def _runner_env(order: Order) -> dict[str, str]:
    threads = str(order.cpu_threads)
    names = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    folder = order.runner_python.rpartition("/")[0]
    return {
        "PATH": f"{folder}:{SAFE_PATH}" if folder else SAFE_PATH,
        "HOME": order.runner_dir,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        **dict.fromkeys(names, threads),
        **order.env,
    }


def _fork_exec(argv: list[str], env: dict[str, str], prepare: Callable[[int], None]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        prepare(parent)
        os.execve(argv[0], argv, env)  # noqa: S606 (no shell is what we want)
    except BaseException as error:  # the fork must never return into init's loop
        os.write(2, f"cannot start {argv[0]}: {error}\n".encode())
    finally:
        os._exit(127)
