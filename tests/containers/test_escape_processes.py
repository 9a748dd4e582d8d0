"""User code and the other processes of its container, their rights, and the system's calls."""

from __future__ import annotations

import json

import docker
import pytest

from tasks.runtimes.images import Image
from tests.containers.attacks import (
    LIMITS,
    LOOK_INTO,
    OTHER_CALLS,
    OTHERS,
    REFUSED,
    SYSTEM_CALLS,
    Tried,
    in_cell,
    in_plain,
)
from tests.containers.boxes import RUNNER_PYTHON, run_in
from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

INIT_RIGHTS = "00000000000000e0"  # SETUID, SETGID, KILL
NONE = "0" * 16
VICTIM = """
victim = subprocess.Popen([sys.executable, "-c", "print(end='.', flush=True); input()"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
victim.stdout.read(1)
attack(victim.pid, "own")
"""
ATTACK_OTHERS = """
for number, pid in enumerate(others()):
    attack(pid, f"process {number}")
"""
SETUID = """
import os, shutil, subprocess
shutil.copy("/usr/bin/id", "/id-of-root")
os.chmod("/id-of-root", 0o4755)
print(subprocess.run(["/id-of-root", "-u"], user=10002, group=10002, extra_groups=[],
                     capture_output=True, text=True).stdout)
"""
OWN_SETUID = """
import os, shutil, stat
for folder in ("/tmp", "/dev/shm", "/spool/runner", "/spool/shared"):
    path = f"{folder}/id"
    shutil.copyfile("/usr/bin/id", path)
    os.chmod(path, 0o6755)
    tried[folder] = [os.stat(path).st_uid, os.stat(path).st_gid]
    os.unlink(path)
"""
FIND_SETUID = """
for root, folders, files in os.walk("/"):
    if root in ("/proc", "/sys"):
        folders.clear()
    for name in files:
        try:
            found = os.lstat(os.path.join(root, name))
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode) and found.st_mode & 0o6000:
            tried[os.path.join(root, name)] = oct(found.st_mode)
"""
MORE_RIGHTS = {
    "user": "0",
    "cap_add": ["SYS_ADMIN", "SYS_CHROOT", "MKNOD", "NET_RAW", "SETUID", "SETGID"],
    "security_opt": ["seccomp=unconfined"],
}


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready()


@pytest.fixture(scope="module")
def calls(docked: DockerStack, uid: str) -> Tried:
    return in_cell(docked, uid, SYSTEM_CALLS, OTHER_CALLS)


def test_nobody_but_init_has_a_right_and_nobody_can_gain_one(docked: DockerStack, uid: str) -> None:
    found = in_cell(docked, uid, LIMITS)
    init = found.pop("1")
    assert init == {
        **{"Uid": "0", "CapInh": NONE, "CapAmb": NONE, "NoNewPrivs": "1", "Seccomp": "2"},
        **dict.fromkeys(("CapPrm", "CapEff", "CapBnd"), INIT_RIGHTS),
    }
    assert {one["Uid"] for one in found.values()} == {"10001", "10002"}
    for one in found.values():
        assert {one[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {NONE}
        assert (one["CapBnd"], one["NoNewPrivs"], one["Seccomp"]) == (INIT_RIGHTS, "1", "2")


def test_a_container_with_one_more_right_would_be_seen(engine: docker.DockerClient, image: Image) -> None:
    options = {"user": "0", "cap_add": ["SYS_PTRACE"], "security_opt": ["seccomp=unconfined"]}
    (only,) = in_plain(engine, image, LIMITS, **options).values()
    assert (only["CapEff"], only["NoNewPrivs"], only["Seccomp"]) == ("0000000000080000", "0", "0")


def test_user_code_reaches_no_process_of_init_or_agent(docked: DockerStack, uid: str) -> None:
    tried = in_cell(docked, uid, OTHERS, LOOK_INTO, ATTACK_OTHERS)
    assert len({name.partition(":")[0] for name in tried}) >= 2  # init and agent
    assert {name: how for name, how in tried.items() if how not in REFUSED} == {}
    assert docked.said(uid, "print('still here')") == "still here"


def test_with_one_uid_for_both_it_would_reach_them(engine: docker.DockerClient, image: Image) -> None:
    tried = in_plain(engine, image, LOOK_INTO, VICTIM, security_opt=["seccomp=unconfined"])
    assert {name: how for name, how in tried.items() if how != "done"} == {}


@pytest.mark.parametrize(
    "name", [line.split('"')[1] for line in SYSTEM_CALLS.splitlines() if '("' in line and line[0] != " "]
)
def test_a_system_call_that_leads_out_is_refused(calls: Tried, name: str) -> None:
    assert calls[name] in REFUSED


def test_so_are_those_that_could_harm_the_host(calls: Tried) -> None:
    assert len(calls) > 30
    assert {name: how for name, how in calls.items() if how not in REFUSED | {"ENOSYS"}} == {}


def test_with_more_rights_and_without_a_filter_they_work(engine: docker.DockerClient, image: Image) -> None:
    tried = in_plain(engine, image, SYSTEM_CALLS, **MORE_RIGHTS)
    assert {name: how for name, how in tried.items() if how != "done"} == {}


def test_a_container_has_no_program_that_makes_its_caller_someone_else(docked: DockerStack, uid: str) -> None:
    assert in_cell(docked, uid, FIND_SETUID) == {}
    # What user code makes of that kind is its own.
    assert set(map(tuple, in_cell(docked, uid, OWN_SETUID).values())) == {(10002, 10002)}


def test_such_a_program_would_help_only_without_no_new_privileges(
    engine: docker.DockerClient, image: Image
) -> None:
    options = {"user": "0", "read_only": False, "cap_add": ["SETUID", "SETGID"]}
    argv = [RUNNER_PYTHON, "-I", "-c", SETUID]
    assert run_in(engine, image.id, argv, **options) == (0, "10002\n\n")
    assert run_in(engine, image.id, argv, **options, security_opt=[]) == (0, "0\n\n")


def test_a_signal_to_everybody_ends_only_what_is_the_users_own(docked: DockerStack, uid: str) -> None:
    before = docked.container(uid).attrs["State"]["StartedAt"]
    # To everybody but the caller itself.
    ended = docked.run(uid, "import os, signal\nos.kill(-1, 9)\nos.kill(os.getpid(), 9)")
    assert ended["status"] == "failed"
    assert "SIGKILL" in json.dumps(ended["error"])
    wait_until(lambda: docked.run(uid, "1")["status"] == "succeeded", 10, "a new runner")
    assert docked.container(uid).attrs["State"]["StartedAt"] == before
