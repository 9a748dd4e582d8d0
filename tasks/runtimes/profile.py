"""What a kernel's container is made of: typed values in, the arguments of its creation out. No I/O.

Every field here is compared with what the engine says about a kernel in ``tests/containers``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasks.runtimes.base import KernelSpec
from tasks.runtimes.instance import GATEWAY, INSTANCE, INTENT, KERNEL, NETWORK, OWNER, volume_name

INIT_RIGHTS = ("KILL", "SETGID", "SETUID")
"""Of init alone: to become agent and runner, and to end them. Its children have none."""
SPOOL = "/spool"
ENVIRONMENT = "/opt/husk/environment"
TMP_BYTES = 256 * 1024 * 1024
SHM_BYTES = 64 * 1024 * 1024
RUN_BYTES = 1024 * 1024
LOG_SIZE, LOG_FILES = "10m", "2"
STOP_S = 10
NO_NAMES = ("127.0.0.1",)
"""Where an isolated kernel's names are asked for: its own loopback, where nobody answers. Engines before
23.0.11, 25.0.4 and 26.0 pass names on from the host's side, which is a way out (CVE-2024-29018)."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for all kernels of an installation, or found out at this start.

    ``image``: by digest. ``gateway``: this host's address on the network, kept as a label for adoption.
    ``environment``: the volume with the packages of its lock; None: it has none besides the image's.
    """

    instance: str
    image: str
    network: str
    gateway: str
    pids: int
    open_files: int
    environment: str | None = None


def create_arguments(spec: KernelSpec, around: Surroundings) -> dict[str, Any]:
    """The body of the engine's ``POST /containers/create``."""
    return {
        "Image": around.image,
        "User": "0:0",
        "Hostname": spec.uid,
        "Env": [],
        "Labels": {
            KERNEL: spec.uid,
            OWNER: spec.owner,
            INSTANCE: around.instance,
            INTENT: spec.intent,
            NETWORK: spec.network,
            GATEWAY: around.gateway,
        },
        # The boot message comes in here; end of file follows it, also when its sender dies.
        "AttachStdin": True,
        "OpenStdin": True,
        "StdinOnce": True,
        "Tty": False,
        "Healthcheck": {"Test": ["NONE"]},  # the pulse says more
        "StopSignal": "SIGTERM",
        "StopTimeout": STOP_S,
        "NetworkingConfig": {"EndpointsConfig": {around.network: {}}},
        "HostConfig": _host_config(spec, around),
    }


def walls(memory_bytes: int, cpu_cores: float, pids: int, open_files: int, tmp_bytes: int) -> dict[str, Any]:
    """What holds for every container of ours, kernels and builders alike: part of its ``HostConfig``."""
    return {
        "CapDrop": ["ALL"],
        "CapAdd": [],
        "SecurityOpt": ["no-new-privileges:true"],
        "Privileged": False,
        "ReadonlyRootfs": True,
        "Tmpfs": {
            "/tmp": f"rw,nosuid,nodev,size={tmp_bytes},mode=1777",  # noqa: S108 (the container's own)
            "/run": f"rw,nosuid,nodev,noexec,size={RUN_BYTES},mode=755",
        },
        "ShmSize": SHM_BYTES,
        "PublishAllPorts": False,
        "IpcMode": "private",
        "PidMode": "",
        "UTSMode": "",
        "CgroupnsMode": "private",
        "Memory": memory_bytes,
        "MemorySwap": memory_bytes,
        "NanoCpus": int(cpu_cores * 1_000_000_000),
        "PidsLimit": pids,
        "OomKillDisable": False,
        "Ulimits": [
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "nofile", "Soft": open_files, "Hard": open_files},
        ],
        "Init": False,
        "RestartPolicy": {"Name": "no"},
        "DeviceRequests": [],
    }


def _host_config(spec: KernelSpec, around: Surroundings) -> dict[str, Any]:
    limits = spec.limits
    return {
        **walls(limits.memory_bytes, limits.cpu_cores, around.pids, around.open_files, TMP_BYTES),
        "CapAdd": list(INIT_RIGHTS),
        "Mounts": [_spool(spec, around), *_environment(around)],
        "NetworkMode": around.network,
        "Dns": list(NO_NAMES) if spec.network == "isolated" else [],
        "LogConfig": {"Type": "json-file", "Config": {"max-size": LOG_SIZE, "max-file": LOG_FILES}},
        "DeviceRequests": _gpu() if spec.gpu else [],
    }


def _spool(spec: KernelSpec, around: Surroundings) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": volume_name(spec.uid),
        "Target": SPOOL,
        "VolumeOptions": {"Labels": {KERNEL: spec.uid, INSTANCE: around.instance}},
    }


def _environment(around: Surroundings) -> list[dict[str, Any]]:
    if around.environment is None:
        return []
    mount = {"Type": "volume", "Source": around.environment, "Target": ENVIRONMENT, "ReadOnly": True}
    return [{**mount, "VolumeOptions": {"NoCopy": True}}]


def _gpu() -> list[dict[str, Any]]:
    return [{"Driver": "nvidia", "Count": -1, "Capabilities": [["gpu"]]}]
