"""What kernels run in here, for pages, the API and ``husk doctor``: made of the runtimes' facts. No I/O."""

from __future__ import annotations

from typing import Any

from broker_config.settings import Settings
from tasks.runtimes.choice import choose
from tasks.runtimes.self_test.telling import NOT_RUN, proved
from tasks.runtimes.self_test.telling import banner as limits_banner

Facts = dict[str, Any]


def standing(settings: Settings, docker: Facts, process: Facts | None) -> Facts:
    """The whole of ``GET /runtime``. ``process`` is None where kernels are never processes."""
    runtime = choose(settings, docker)
    # A deployment has no process kernels: what their absence is about is told as docker's trouble.
    own = process if runtime == "process" and process is not None else {}
    test = {**NOT_RUN, **(docker.get("self_test") or {})}
    layers = proved(docker.get("layers") or {}, test)
    return {
        **own,
        "runtime": runtime,
        "isolated": runtime != "process",
        "setting": settings.runtime,
        "engine": docker["engine"],
        "image": docker["image"],
        "layers": layers if runtime == "docker" else {},
        "layers_absent": sorted(name for name, one in layers.items() if not one["there"]),
        "gpu": bool(docker.get("gpu")) and runtime == "docker",
        "self_test": test if runtime == "docker" else None,
        "banner": banner(settings, runtime, docker.get("trouble")) or _of_limits(runtime, test),
        "processes": process,
    }


def banner(settings: Settings, runtime: str, trouble: str | None) -> str | None:
    """A sentence for the top of every page, with the command that helps; None when all is as it was set."""
    if trouble is None or settings.runtime == "process":
        return None
    if runtime == "process":
        return f"New kernels are processes, not isolated: {trouble}"
    return f"Kernels cannot be started: {trouble}"


def _of_limits(runtime: str, test: Facts) -> str | None:
    return limits_banner(test) if runtime == "docker" else None


def unknown(settings: Settings) -> Facts:
    """The same while nobody has said: the lifecycle worker has not reported for some time."""
    trouble = "the lifecycle worker has not reported: see whether it runs, with `husk doctor`"
    docker = {
        "engine": {"reachable": None, "trouble": trouble},
        "image": {"present": None},
        "trouble": trouble,
    }
    return standing(settings, docker, None)
