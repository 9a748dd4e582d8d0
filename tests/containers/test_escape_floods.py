"""User code that takes all it can get: processes, log, small files, memory that is no process's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import docker
import httpx
import pytest

from tasks.runtimes.images import Image
from tests.containers.attacks import BEGIN, END, in_cell, in_plain
from tests.containers.boxes import RUNNER_PYTHON, run_in
from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

AGAIN_S = 10.0
FULL_S = 40.0
FORK_BOMB = """
import os, sys
print("begins", flush=True)
while True:
    try:
        if os.fork() == 0:
            sys.stdout = None
    except OSError:
        pass
"""
THREADS = """
held = threading.Event()
try:
    while tried.setdefault("made", 0) < 600:
        threading.Thread(target=held.wait, daemon=True).start()
        tried["made"] += 1
except RuntimeError as error:
    tried["end"] = str(error)
held.set()
"""
RANK = """
attempt("go before", os.setpriority, os.PRIO_PROCESS, 0, -5)
tried["rank"] = os.getpriority(os.PRIO_PROCESS, 0)
tried["of init"] = os.getpriority(os.PRIO_PROCESS, 1)
"""
LOG = """
import fcntl
line = b"x" * 4000 + bytes([10])
for descriptor in map(int, os.listdir("/proc/self/fd")):
    try:
        pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        writes = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
    except OSError:
        continue
    if pipe and writes:
        tried[str(descriptor)] = 0
        os.set_blocking(descriptor, False)
        until = time.monotonic() + 1
        while time.monotonic() < until and tried[str(descriptor)] < 4_000_000:
            try:
                tried[str(descriptor)] += os.write(descriptor, line)
            except BlockingIOError:
                time.sleep(0.001)
"""
"""Into every pipe that the process has, the one to the container's log among them."""
FILES = """
for number in range(5_000):
    os.close(os.open(f"/spool/runner/many-{number}", os.O_CREAT))
tried["made"] = len(os.listdir("/spool/runner"))
"""
FILL = """
def fill(folder, piece=bytes(1 << 20)):
    written = 0
    try:
        for number in range(6):
            with open(f"{folder}/full-{number}", "wb", buffering=0) as file:
                for _ in range(100):
                    written += file.write(piece)
    except OSError as error:
        return [written >> 20, error.strerror]
    finally:
        for name in os.listdir(folder):
            if name.startswith("full-"):
                os.unlink(f"{folder}/{name}")
    return [written >> 20, "no end"]
for folder in ("/dev/shm", "/tmp"):
    tried[folder] = fill(folder)
"""
FULL = "No space left on device"


@pytest.fixture
def neighbour(docked: DockerStack) -> Iterator[Callable[[], None]]:
    """Call it: another kernel and the API work as ever."""
    uid = docked.ready()

    def works() -> None:
        assert docked.said(uid, "print('as ever')") == "as ever"
        health = httpx.get(f"{docked.stack.url}/api/v1/ready", timeout=10, trust_env=False)
        assert health.status_code == 200

    yield works
    docked.husk.kernels.delete(uid)


def usable(docked: DockerStack, uid: str) -> bool:
    """Whether a cell runs now."""
    return bool(docked.run(uid, "1")["status"] == "succeeded")


def test_a_fork_bomb_stays_in_its_container_and_ends_with_a_kill_and_with_a_stop(
    docked: DockerStack, neighbour: Callable[[], None]
) -> None:
    uid = docked.ready(memory_gb=2.0)
    pids = docked.container(uid).attrs["HostConfig"]["PidsLimit"]

    def full() -> bool:
        now = docked.container(uid).stats(stream=False)["pids_stats"]["current"]
        assert now <= pids
        return bool(now > pids - 20)

    bomb = docked.husk.executions.submit(uid, FORK_BOMB)["id"]
    wait_until(full, FULL_S, "it is full of processes")
    neighbour()
    docked.husk.executions.cancel(bomb, kill=True)
    assert docked.ended(bomb, FULL_S)["status"] in {"failed", "cancelled", "lost"}
    wait_until(lambda: usable(docked, uid), 2 * AGAIN_S, "usable again")
    assert docked.container(uid).stats(stream=False)["pids_stats"]["current"] < 100
    docked.husk.executions.submit(uid, FORK_BOMB)
    wait_until(full, FULL_S, "it is full again")
    docked.husk.kernels.stop(uid)
    # The bomb has used up the share of CPU in which its processes end.
    wait_until(lambda: not docked.containers_of(uid), FULL_S, "its container is gone")
    neighbour()
    docked.husk.kernels.delete(uid)


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready()


def test_user_code_comes_after_init_and_agent_and_cannot_go_before_them(
    docked: DockerStack, uid: str, engine: docker.DockerClient, image: Image
) -> None:
    assert in_cell(docked, uid, RANK) == {"go before": "EACCES", "rank": 19, "of init": 0}
    assert in_plain(engine, image, RANK, cap_add=["SYS_NICE"], user="0")["go before"] == "done"


def test_threads_end_at_the_limit_of_processes(
    docked: DockerStack, uid: str, engine: docker.DockerClient, image: Image
) -> None:
    tried = in_cell(docked, uid, THREADS)
    assert tried["made"] < 512
    assert tried["end"] == "can't start new thread"
    assert usable(docked, uid)
    assert in_plain(engine, image, THREADS, pids_limit=1024) == {"made": 600}


def test_what_a_cell_writes_past_its_output_does_not_fill_the_log(
    docked: DockerStack, uid: str, engine: docker.DockerClient, image: Image
) -> None:
    ended = docked.run(uid, "\n".join((BEGIN, LOG, END)))
    assert ended["status"] == "succeeded", ended["error"]
    assert len(docked.container(uid).logs()) < 300_000
    assert usable(docked, uid)
    config = docked.container(uid).attrs["HostConfig"]["LogConfig"]
    assert (config["Type"], config["Config"]) == ("json-file", {"max-size": "10m", "max-file": "2"})
    # The control: a process that writes into the log itself, where nobody bounds it.
    code = [RUNNER_PYTHON, "-I", "-c", "\n".join((BEGIN, LOG))]
    assert len(run_in(engine, image.id, code)[1]) > 1_000_000


def test_memory_that_is_files_is_bounded_and_the_kernel_stays_usable(
    docked: DockerStack, uid: str, engine: docker.DockerClient, image: Image
) -> None:
    assert in_cell(docked, uid, FILL) == {"/dev/shm": [64, FULL], "/tmp": [256, FULL]}
    assert usable(docked, uid)
    larger = {"shm_size": "70m", "tmpfs": {"/tmp": "size=260m"}}
    assert in_plain(engine, image, FILL, **larger) == {"/dev/shm": [70, FULL], "/tmp": [260, FULL]}


def test_many_small_files_are_gone_with_their_kernel(docked: DockerStack) -> None:
    uid = docked.ready()
    assert in_cell(docked, uid, FILES)["made"] >= 5_000
    docked.husk.kernels.delete(uid)
    wait_until(
        lambda: not docked.engine.volumes.list(filters={"label": f"husk.kernel={uid}"}),
        30,
        "its spool is gone",
    )
