"""What a builder's container is made of: values in, the arguments of its creation out. No I/O.

It has a kernel's walls and less: no user of Redis, no key of the store, no right at all, an own network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.runtimes.instance import BUILDER, INSTANCE
from tasks.runtimes.profile import ENVIRONMENT, walls

BUILDER_UID = 10003
"""Owns what it writes: neither agent nor runner may change it, and kernels see it read-only besides."""
CACHE = "/opt/husk/uv/cache"
PYTHON = "/usr/bin/python3"
TMP_BYTES = 512 * 1024 * 1024
PIDS = 512
CPU_SHARES = 512
"""Half of a kernel's, where both want the same core."""
OPEN_FILES = 8192
LOG_SIZE = "1m"
RESOLVES = "resolves"
"""In place of a digest, on a builder that makes a lock."""
PROGRAM = Path(__file__).with_name("builder_program.py")


@dataclass(frozen=True, slots=True)
class Site:
    """Where one environment is built, or a lock made. ``image``: by digest; ``volume`` and ``cache``: None
    for folders that end with it."""

    instance: str
    digest: str
    image: str
    network: str
    volume: str | None
    cache: str | None
    memory_bytes: int
    cpu_cores: float


def create_arguments(site: Site) -> dict[str, Any]:
    """The body of the engine's ``POST /containers/create``."""
    return {
        "Image": site.image,
        "User": f"{BUILDER_UID}:{BUILDER_UID}",
        "Hostname": "builder",
        "Env": [],
        "Entrypoint": [PYTHON, "-I", "-S", "-c", PROGRAM.read_text(encoding="utf-8")],
        "Cmd": [],
        "WorkingDir": "/",
        "Labels": {INSTANCE: site.instance, BUILDER: site.digest},
        # The order comes in here; it ends when who ordered does, and so does the builder.
        "AttachStdin": True,
        "OpenStdin": True,
        "StdinOnce": True,
        "Tty": False,
        "Healthcheck": {"Test": ["NONE"]},
        "NetworkingConfig": {"EndpointsConfig": {site.network: {}}},
        "HostConfig": _host_config(site),
    }


def _host_config(site: Site) -> dict[str, Any]:
    return {
        **walls(site.memory_bytes, site.cpu_cores, PIDS, OPEN_FILES, TMP_BYTES),
        "Mounts": [_mount(site.volume, ENVIRONMENT), _mount(site.cache, CACHE)],
        "NetworkMode": site.network,
        # Kernels come first.
        "CpuShares": CPU_SHARES,
        "LogConfig": {"Type": "json-file", "Config": {"max-size": LOG_SIZE, "max-file": "1"}},
    }


def _mount(volume: str | None, target: str) -> dict[str, Any]:
    # Without a name it is the container's own, and removed with it.
    return {"Type": "volume", "Target": target, **({"Source": volume} if volume else {})}
