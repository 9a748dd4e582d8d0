"""Which runtime a kernel has: a new one by setting and by what is here, others what they were made for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable
from tasks.runtimes.base import KernelRuntime
from tasks.runtimes.docker import DockerRuntime
from tasks.runtimes.process import ProcessRuntime


def make_runtimes(settings: Settings) -> list[KernelRuntime]:
    """Every runtime that this installation can serve. Connects to nothing."""
    runtimes: list[KernelRuntime] = [DockerRuntime(settings)]
    if settings.mode == "embedded":
        runtimes.append(ProcessRuntime(settings))
    return runtimes


def for_kernel(runtimes: Mapping[str, KernelRuntime], name: str) -> KernelRuntime:
    """The runtime that a kernel was made for; never another one.

    Raises:
        Unavailable: this installation does not serve it.
    """
    if name not in runtimes:
        raise Unavailable(f"kernels of the runtime {name!r} are not served here")
    return runtimes[name]


def choose(settings: Settings, docker: Mapping[str, Any]) -> str:
    """The runtime of a new kernel. ``docker``: that runtime's facts.

    ``auto`` is docker where an engine answers and has an image of this wire version, else process.
    """
    if settings.runtime != "auto":
        return settings.runtime
    return "docker" if docker.get("trouble") is None or settings.mode == "deployed" else "process"
