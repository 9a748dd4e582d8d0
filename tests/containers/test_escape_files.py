"""User code and files: what it can write, the engine's socket, and what it plants towards the agent."""

from __future__ import annotations

import json
import secrets

import docker
import pytest

from tasks.runtimes.images import Image
from tests.containers.attacks import BEGIN, END, REFUSED, in_cell, in_plain
from tests.containers.boxes import RUNNER_PYTHON
from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

SOCKET = "/var/run/docker.sock"
WRITABLE = """
for root, folders, files in os.walk("/"):
    if root in ("/proc", "/sys", "/opt/husk/runner/lib"):
        folders.clear()
        continue
    for path in (root, *(os.path.join(root, name) for name in files)):
        if not os.path.islink(path) and os.access(path, os.W_OK):
            tried[path] = stat.S_IFMT(os.stat(path).st_mode) != stat.S_IFCHR
    if root in tried:
        folders.clear()
tried = [path for path, counts in tried.items() if counts]
"""
"""Files and folders that may be written, but for those below such folders, and for character devices."""
OWN = {"/dev/mqueue", "/dev/shm", "/spool/runner", "/spool/shared", "/tmp"}
KERNELS_OWN = (
    *("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches"),
    *("/proc/sysrq-trigger", "/proc/sys/net/ipv4/ip_forward", "/sys/kernel/uevent_helper"),
    *("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/pids/pids.max"),
    *("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max", "/proc/1/oom_score_adj"),
)
OPEN = "for path in {paths!r}:\n    attempt(path, lambda: os.close(os.open(path, os.O_WRONLY)))"
MEMORY_OF_THE_HOST = """
for path in ("/dev/mem", "/dev/kmsg", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/proc/kcore", "/proc/keys",
             "/proc/timer_list", "/sys/firmware/acpi"):
    try:
        with open(path, "rb") as file:
            tried[path] = "done" if file.read(1) else "empty"
    except OSError as error:
        tried[path] = errno.errorcode[error.errno]
"""
SOCKETS = """
for root, folders, files in os.walk("/"):
    if root in ("/proc", "/sys", "/opt"):
        folders.clear()
    for name in files:
        path = os.path.join(root, name)
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            tried[path] = "a socket"
for line in open("/proc/net/unix"):
    if "docker" in line or "containerd" in line:
        tried[line.split()[-1]] = "a name"
attempt("engine", lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock"))
"""
TOWARDS_THE_AGENT = """
attempt("list the agent's folder", os.listdir, "/spool/agent")
attempt("read its journal", open, "/spool/agent/journal.jsonl")
attempt("write into it", open, "/spool/agent/spool/x", "w")
attempt("move it", os.rename, "/spool/agent", "/spool/old")
attempt("move its own away", os.rename, "/spool/runner", "/spool/x")
attempt("put a link beside it", os.symlink, "/spool/agent", "/spool/x")
attempt("link its journal", os.link, "/spool/agent/journal.jsonl", "/spool/runner/x")
attempt("link a program", os.link, "/opt/husk/agent/pyvenv.cfg", "/tmp/x")
attempt("open its folder to others", os.chmod, "/spool/agent", 0o777)
attempt("give a file away", lambda: (open("/tmp/y", "w").close(), os.chown("/tmp/y", 10001, 10001)))
attempt("change its code", open, "/opt/husk/code/agent/kernel_worker/agent/worker.py", "a")
attempt("change the packages", open, "/opt/husk/runner/lib/x.pth", "w")
"""
PLANT = """
import flowfile, os
folder = os.path.dirname(flowfile.get_shared_location("{name}/first"))
open(f"{folder}/first", "w").write("fine")
os.symlink("/etc/passwd", f"{folder}/link")
os.symlink("/spool/agent/journal.jsonl", f"{folder}/link-to-agent")
os.symlink("/etc", f"{folder}/folder")
os.mkfifo(f"{folder}/fifo")
os.link(f"{folder}/first", f"{folder}/second")
open(f"{folder}/only", "w").write("one name")
print(os.listdir(folder))
"""
PASS_DESCRIPTORS = """
import gc, os, socket
from broker_config.wire.frames import HandShared
from kernel_worker.runner.outbox import Outbox
outbox = next(one for one in gc.get_objects() if isinstance(one, Outbox))

def made(name, data=b""):
    path = "/spool/runner/{name}-" + name
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.write(descriptor, data)
    return path, descriptor

os.mkfifo("/tmp/{name}")
two, two_names = made("two")
os.link(two, "/spool/runner/{name}-three")
read, write = os.pipe()
handed = {
    "of-root": os.open("/etc/passwd", os.O_RDONLY), "device": os.open("/dev/zero", os.O_RDONLY),
    "folder": os.open("/etc", os.O_RDONLY), "fifo": os.open("/tmp/{name}", os.O_RDWR), "pipe": read,
    "socket": socket.socket().detach(), "two-names": two_names,
    "place": os.open("/spool/runner", os.O_PATH), "own": made("own", b"fine")[1],
}
for number, (name, descriptor) in enumerate(handed.items()):
    outbox.send(HandShared("{name}/" + name, 1000 + number), [descriptor])
outbox.send(HandShared("{name}/without", 2000))
outbox.send(HandShared("{name}/../../k/x", 2001), [handed["own"]])
outbox.send(HandShared("/etc/{name}", 2002), [handed["own"]])
"""


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready()


def stored(docked: DockerStack, name: str) -> dict[str, bytes]:
    """What the API has of a test's shared files."""
    return {
        file["path"].removeprefix(f"{name}/"): docked.husk.files.get(file["path"])
        for file in docked.husk.files.list(name)
    }


def test_user_code_writes_in_its_own_folders_and_nowhere_else(docked: DockerStack, uid: str) -> None:
    assert set(in_cell(docked, uid, WRITABLE)) == OWN


def test_with_a_root_that_can_be_written_more_would_be_seen(
    engine: docker.DockerClient, image: Image
) -> None:
    assert "/var/tmp" in in_plain(engine, image, WRITABLE, read_only=False)
    assert "/var/tmp" not in in_plain(engine, image, WRITABLE)


def test_user_code_changes_nothing_of_the_system(docked: DockerStack, uid: str) -> None:
    tried = in_cell(docked, uid, OPEN.format(paths=KERNELS_OWN))
    assert {path: how for path, how in tried.items() if how not in REFUSED | {"EROFS", "ENOENT"}} == {}
    assert "done" not in in_cell(docked, uid, MEMORY_OF_THE_HOST).values()


def test_a_container_without_masked_and_read_only_paths_could(
    engine: docker.DockerClient, image: Image
) -> None:
    walls = engine.api.create_host_config(cap_drop=["ALL"], network_mode="none", mem_limit="1g")
    code = "\n".join((BEGIN, OPEN.format(paths=KERNELS_OWN), MEMORY_OF_THE_HOST, END))
    made = {
        **{"Image": image.id, "User": "0", "Entrypoint": [RUNNER_PYTHON, "-I", "-c", code]},
        "HostConfig": walls | {"MaskedPaths": [], "ReadonlyPaths": []},
    }
    box = engine.containers.get(engine.api.create_container_from_config(made)["Id"])
    try:
        box.start()
        assert box.wait(timeout=60)["StatusCode"] == 0
        tried = json.loads(box.logs().splitlines()[-1])
    finally:
        box.remove(force=True)
    assert (tried["/proc/sys/kernel/core_pattern"], tried["/proc/keys"]) == ("done", "done")


def test_the_engines_socket_is_not_there_by_any_name(docked: DockerStack, uid: str) -> None:
    assert in_cell(docked, uid, SOCKETS) == {"engine": "ENOENT"}


def test_where_it_is_mounted_it_would_be_found(engine: docker.DockerClient, image: Image) -> None:
    mounted = {SOCKET: {"bind": SOCKET, "mode": "ro"}}
    tried = in_plain(engine, image, SOCKETS, user="0", volumes=mounted)
    assert tried["engine"] == "done"
    assert "a socket" in tried.values()


def test_nothing_can_be_done_to_the_agents_folder_and_code(docked: DockerStack, uid: str) -> None:
    tried = in_cell(docked, uid, TOWARDS_THE_AGENT)
    assert {what: how for what, how in tried.items() if how not in REFUSED | {"EROFS", "EXDEV"}} == {}


def test_as_the_agents_user_it_could(engine: docker.DockerClient, image: Image) -> None:
    tried = in_plain(engine, image, TOWARDS_THE_AGENT, user="10001:10001", read_only=False)
    assert (tried["list the agent's folder"], tried["open its folder to others"]) == ("done", "done")


def test_links_and_pipes_among_shared_files_are_not_followed(docked: DockerStack, uid: str) -> None:
    name = f"planted-{secrets.token_hex(4)}"
    done = docked.run(uid, PLANT.replace("{name}", name))
    assert done["status"] == "succeeded", done["error"]
    # The control is what is stored: a file with one name of its own.
    wait_until(lambda: stored(docked, name) == {"only": b"one name"}, 10, "it is stored, and nothing else")


def test_the_agent_takes_no_descriptor_but_of_the_runners_own_regular_file(
    docked: DockerStack, uid: str
) -> None:
    name = f"handed-{secrets.token_hex(4)}"
    ended = docked.run(uid, PASS_DESCRIPTORS.replace("{name}", name))
    assert ended["status"] == "failed"
    assert "not a regular file" in ended["error"]["message"]
    wait_until(lambda: stored(docked, name) == {"own": b"fine"}, 10, "it is stored, and nothing else")
    assert not [file for file in docked.husk.files.list() if file["path"].startswith("etc")]
    assert docked.said(uid, "print('still here')") == "still here"
