"""A kernel's container as the engine describes it, against ``safety.md`` §1.2, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.containers.docker_stack import DockerStack, pids_of, status_of

GB = 1_000_000_000
MAIN = {
    "User": "0:0",
    "AttachStdin": True,
    "AttachStdout": False,
    "AttachStderr": False,
    "OpenStdin": True,
    "StdinOnce": True,
    "Tty": False,
    "Cmd": None,
    "Healthcheck": {"Test": ["NONE"]},
    "StopSignal": "SIGTERM",
    "Entrypoint": ["/opt/husk/agent/bin/python", "-I", "-m", "kernel_worker.init"],
}
HOST = {
    "CapDrop": ["ALL"],
    "CapAdd": ["KILL", "SETGID", "SETUID"],
    "SecurityOpt": ["no-new-privileges:true"],
    "Privileged": False,
    "ReadonlyRootfs": True,
    "Tmpfs": {
        "/tmp": "rw,nosuid,nodev,size=268435456,mode=1777",
        "/run": "rw,nosuid,nodev,noexec,size=1048576,mode=755",
    },
    "ShmSize": 67_108_864,
    "Binds": None,
    "VolumesFrom": None,
    "Devices": None,
    "DeviceRequests": [],
    "DeviceCgroupRules": None,
    "PortBindings": None,
    "PublishAllPorts": False,
    "IpcMode": "private",
    "PidMode": "",
    "UTSMode": "",
    "UsernsMode": "",
    "CgroupnsMode": "private",
    "CgroupParent": "",
    "Links": None,
    "ExtraHosts": None,
    "Dns": [],
    "GroupAdd": None,
    "Memory": GB,
    "MemorySwap": GB,
    "NanoCpus": GB,
    "PidsLimit": 512,
    "OomKillDisable": False,
    "OomScoreAdj": 0,
    "Ulimits": [
        {"Name": "core", "Hard": 0, "Soft": 0},
        {"Name": "nofile", "Hard": 8192, "Soft": 8192},
    ],
    "Init": False,
    "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "LogConfig": {"Type": "json-file", "Config": {"max-file": "2", "max-size": "10m"}},
    "Runtime": "runc",
    "Sysctls": None,
}


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready(env={"TOKEN_OF_MINE": "a-value-that-nobody-may-see"})


@pytest.fixture(scope="module")
def inspected(docked: DockerStack, uid: str) -> dict[str, Any]:
    return dict(docked.container(uid).attrs)


@pytest.mark.parametrize("name", sorted(MAIN))
def test_the_container_itself_is_as_the_profile_says(inspected: dict[str, Any], name: str) -> None:
    assert inspected["Config"].get(name) == MAIN[name]


@pytest.mark.parametrize("name", sorted(HOST))
def test_its_limits_and_walls_are_as_the_profile_says(inspected: dict[str, Any], name: str) -> None:
    found = inspected["HostConfig"].get(name)
    assert (found or None) == (HOST[name] or None), found


def test_it_runs_an_image_by_digest_and_its_labels_say_whose_it_is(
    docked: DockerStack, inspected: dict[str, Any], uid: str
) -> None:
    labels = inspected["Config"]["Labels"]
    assert inspected["Config"]["Image"].startswith("sha256:")
    assert inspected["Image"] == inspected["Config"]["Image"]
    assert labels["husk.kernel"] == uid
    assert labels["husk.instance"] == docked.instance
    assert labels["husk.owner"]
    assert labels["husk.intent"]


def test_its_only_mount_is_its_own_spool_and_its_only_network_is_the_kernels(
    docked: DockerStack, inspected: dict[str, Any], uid: str
) -> None:
    mounts = [(one["Type"], one.get("Name"), one["Destination"]) for one in inspected["Mounts"]]
    assert mounts == [("volume", f"husk-spool-{uid}", "/spool")]
    assert list(inspected["NetworkSettings"]["Networks"]) == [f"husk-{docked.instance}-internet"]
    assert not inspected["NetworkSettings"]["Ports"]


def test_the_engine_was_told_no_secret(docked: DockerStack, inspected: dict[str, Any], uid: str) -> None:
    told = str(inspected)
    assert "a-value-that-nobody-may-see" not in told
    assert not [one for one in inspected["Config"]["Env"] if "HUSK" in one or "REDIS" in one]
    assert docked.said(uid, "import os; print(os.environ['TOKEN_OF_MINE'])") == "a-value-that-nobody-may-see"


def test_init_has_three_capabilities_and_what_it_starts_has_none(docked: DockerStack, uid: str) -> None:
    found = pids_of(docked.container(uid))
    init, agent, runner = (status_of(found[part][0]) for part in ("init", "agent", "runner"))
    assert init["CapEff"] == "00000000000000e0"
    assert {agent["CapEff"], runner["CapEff"], agent["CapPrm"], runner["CapPrm"]} == {"0" * 16}
    assert (agent["Uid"].split(), runner["Uid"].split()) == (["10001"] * 4, ["10002"] * 4)
    assert {one["NoNewPrivs"] for one in (init, agent, runner)} == {"1"}
    assert {one["Seccomp"] for one in (init, agent, runner)} == {"2"}


def test_no_field_of_it_is_open_to_a_user(docked: DockerStack) -> None:
    for field in ("image", "privileged", "volumes", "cap_add", "command", "labels", "devices"):
        answer = docked.stack.husk("kernel", "create", "x", f"--{field}", "y")
        assert answer.returncode == 2
