"""A kernel's container against section 5 of the CIS Docker Benchmark 1.6, item by item.

What the profile's own fields are is in ``test_docker_profile``; items here say why a field is as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import docker
import pytest

from tasks.runtimes.images import Image
from tests.containers.boxes import fresh_name
from tests.containers.docker_stack import DockerStack

Inspected = dict[str, Any]
Judge = Callable[[Any], bool]


def equals(*wanted: Any) -> Judge:
    """The field is one of these."""
    return lambda found: found in wanted


def empty(found: Any) -> bool:
    """Nothing, however the engine spells it."""
    return not found


def positive(found: Any) -> bool:
    """A bound that is there."""
    return isinstance(found, int) and found > 0


@dataclass(frozen=True, slots=True)
class Item:
    """A recommendation: the field that it is about (dotted), and what it must be."""

    number: str
    what: str
    field: str
    judge: Judge


def no_host_folder(mounts: Any) -> bool:
    return [one["Type"] for one in mounts] == ["volume"]


def no_socket(mounts: Any) -> bool:
    return not [one for one in mounts if "docker.sock" in f"{one.get('Source')}{one.get('Destination')}"]


def not_shared(mounts: Any) -> bool:
    return not [one for one in mounts if one.get("Propagation") in {"shared", "rshared"}]


def one_own_network(networks: Any) -> bool:
    return len(networks) == 1 and not {"bridge", "host", "none"} & set(networks)


def new_privileges_barred(options: Any) -> bool:
    return bool({"no-new-privileges", "no-new-privileges:true"} & set(options or []))


def no_profile_switched_off(options: Any) -> bool:
    return not [one for one in options or [] if "unconfined" in one or one == "label=disable"]


def few_rights(added: Any) -> bool:
    return set(added or []) == {"KILL", "SETGID", "SETUID"}


def bounded_files(limits: Any) -> bool:
    return {one["Name"] for one in limits or []} >= {"nofile", "core"}


HOST = "HostConfig"
ITEMS = (
    Item("5.2", "an AppArmor profile is not switched off", f"{HOST}.SecurityOpt", no_profile_switched_off),
    Item("5.3", "no SELinux option is switched off", f"{HOST}.SecurityOpt", no_profile_switched_off),
    Item("5.4", "all capabilities are dropped", f"{HOST}.CapDrop", equals(["ALL"])),
    Item("5.4", "init's three are the only ones added", f"{HOST}.CapAdd", few_rights),
    Item("5.5", "not privileged", f"{HOST}.Privileged", equals(False)),
    Item("5.6", "no folder of the host is mounted", "Mounts", no_host_folder),
    Item("5.6", "no folder of the host is bound", f"{HOST}.Binds", empty),
    Item("5.8", "no privileged port is mapped", f"{HOST}.PortBindings", empty),
    Item("5.9", "no port is open that is not needed", f"{HOST}.PublishAllPorts", equals(False)),
    Item("5.9", "none is published", "NetworkSettings.Ports", empty),
    Item("5.10", "not in the host's network", f"{HOST}.NetworkMode", lambda mode: mode.startswith("husk-")),
    Item("5.11", "memory is bounded", f"{HOST}.Memory", positive),
    Item("5.11", "and swap is none", f"{HOST}.MemorySwap", positive),
    Item("5.12", "CPU is bounded", f"{HOST}.NanoCpus", positive),
    Item("5.13", "the root filesystem is read-only", f"{HOST}.ReadonlyRootfs", equals(True)),
    Item("5.15", "the engine restarts it not at all", f"{HOST}.RestartPolicy.Name", equals("no", "")),
    Item("5.16", "own process ids", f"{HOST}.PidMode", equals("")),
    Item("5.17", "own IPC", f"{HOST}.IpcMode", equals("private")),
    Item("5.18", "no device of the host", f"{HOST}.Devices", empty),
    Item("5.18", "nor by a rule", f"{HOST}.DeviceCgroupRules", empty),
    Item("5.18", "nor by a request", f"{HOST}.DeviceRequests", empty),
    Item("5.19", "limits of files and cores are its own", f"{HOST}.Ulimits", bounded_files),
    Item("5.20", "no mount is shared back", "Mounts", not_shared),
    Item("5.21", "own UTS", f"{HOST}.UTSMode", equals("")),
    Item("5.22", "the seccomp filter is on", f"{HOST}.SecurityOpt", no_profile_switched_off),
    Item("5.25", "in the engine's own cgroup", f"{HOST}.CgroupParent", equals("")),
    Item("5.26", "no new privileges", f"{HOST}.SecurityOpt", new_privileges_barred),
    Item("5.28", "an image by digest", "Config.Image", lambda name: name.startswith("sha256:")),
    Item("5.29", "processes are bounded", f"{HOST}.PidsLimit", positive),
    Item("5.30", "not in the default bridge", "NetworkSettings.Networks", one_own_network),
    Item("5.31", "user namespaces are not switched off", f"{HOST}.UsernsMode", equals("")),
    Item("5.32", "the engine's socket is not mounted", "Mounts", no_socket),
)
"""Not applicable: 5.1 (swarm), 5.7 (no SSH server: see the ports), 5.14 (addresses of ports: none is
published), 5.23 and 5.24 (exec is not used: the proxy refuses it), 5.27 (the pulse is the health check)."""


def field(inspected: Inspected, path: str) -> Any:
    """A field by its dotted path."""
    found: Any = inspected
    for name in path.split("."):
        found = found[name]
    return found


def failing(inspected: Inspected) -> set[str]:
    """Numbers of the items that a container does not meet."""
    return {item.number for item in ITEMS if not item.judge(field(inspected, item.field))}


@pytest.fixture(scope="module")
def inspected(docked: DockerStack) -> Inspected:
    return dict(docked.container(docked.ready()).attrs)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.number} {item.what}")
def test_a_kernel_meets(inspected: Inspected, item: Item) -> None:
    found = field(inspected, item.field)
    assert item.judge(found), found


def test_a_container_as_the_engine_makes_it_by_itself_fails_what_is_not_its_default(
    engine: docker.DockerClient, image: Image
) -> None:
    box = engine.containers.create(image.id, name=fresh_name("plain"))
    try:
        found = failing(dict(box.attrs))
    finally:
        box.remove(force=True)
    assert found == {
        *("5.4", "5.6", "5.10", "5.11", "5.12", "5.13", "5.19", "5.26", "5.29", "5.30"),
    } | (found & {"5.17", "5.28"})


def test_a_container_with_everything_switched_off_fails_the_rest(
    engine: docker.DockerClient, image: Image
) -> None:
    socket = {
        "/var/run/docker.sock": {"bind": "/var/run/docker.sock", "mode": "rw", "propagation": "rshared"}
    }
    box = engine.containers.create(
        image.id,
        name=fresh_name("open"),
        privileged=True,
        volumes=socket,
        network_mode="host",
        pid_mode="host",
        ipc_mode="host",
        uts_mode="host",
        userns_mode="host",
        devices=["/dev/null"],
        restart_policy={"Name": "always"},
        security_opt=["seccomp=unconfined"],
        cgroup_parent="/elsewhere",
        publish_all_ports=True,
    )
    try:
        found = failing(dict(box.attrs))
    finally:
        box.remove(force=True)
    every = {item.number for item in ITEMS}
    assert every - found <= {"5.8", "5.28"}
