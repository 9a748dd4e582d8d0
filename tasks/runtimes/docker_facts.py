"""What the engine is and which of its walls this host has."""

from __future__ import annotations

from typing import Any

from broker_config.wire.errors import HuskError
from tasks.runtimes import images, runc_holes
from tasks.runtimes.engine import Engine
from tasks.runtimes.spools import watched


def cgroup_version(engine: Engine) -> str:
    """``1`` or ``2``. Raises ``Unavailable``."""
    return str(info(engine).get("CgroupVersion") or "1")


def cores(engine: Engine) -> int:
    """Of the engine's host. Raises ``Unavailable``."""
    return int(info(engine).get("NCPU") or 1)


def info(engine: Engine) -> dict[str, Any]:
    """The engine about itself. Raises ``Unavailable``."""
    with engine.asked("facts") as client:
        found: dict[str, Any] = client.info()
    return found


def examine(engine: Engine) -> dict[str, Any]:
    """Whether kernels can be containers here, what is in the way, and which layers there are."""
    try:
        found = info(engine)
    except HuskError as error:
        return {
            "runtime": "docker",
            "isolated": True,
            "engine": {"reachable": False, "trouble": error.message},
            "image": {"present": False},
            "layers": {},
            "gpu": False,
            "trouble": error.message,
        }
    image = _image(engine)
    return {
        "runtime": "docker",
        "isolated": True,
        "engine": {"reachable": True, "version": found.get("ServerVersion"), "trouble": None},
        "image": image,
        "layers": layers(found, watched(engine.settings, found)),
        "gpu": "nvidia" in (found.get("Runtimes") or {}),
        "trouble": image.get("trouble"),
    }


def _image(engine: Engine) -> dict[str, Any]:
    try:
        found = images.find(engine.client(), engine.settings)
        there = [one for one in images.listed(engine.client(), engine.settings) if one.fits]
    except HuskError as error:
        return {"present": False, "trouble": error.message, "flavours": []}
    flavours = sorted(
        {one.flavour for one in there if one.tag == images.tag_of(engine.settings, one.flavour)}
    )
    return {"present": True, "tag": found.tag, "id": found.id, "flavours": flavours, "trouble": None}


def layers(found: dict[str, Any], watched: str) -> dict[str, dict[str, Any]]:
    """Name → whether it is there, and in words what it is or what its absence means.

    ``watched``: why spools are watched; "" where each is a file system.
    """
    options = " ".join(found.get("SecurityOptions") or [])
    runc = str((found.get("RuncCommit") or {}).get("ID") or "unknown")
    version = str(found.get("CgroupVersion") or "1")

    def layer(there: object, with_it: str, without: str) -> dict[str, Any]:
        return {"there": bool(there), "what": with_it if there else without}

    return {
        "cgroups": layer(True, f"version {version}", ""),
        "memory": layer(
            found.get("MemoryLimit"), "limited", "NOT limited: the host does not account for memory"
        ),
        "swap": layer(
            found.get("SwapLimit"),
            "none on top of the memory",
            "not limited: a kernel may use the host's swap",
        ),
        "cpu": layer(found.get("CpuCfsQuota"), "limited", "NOT limited"),
        "pids": layer(found.get("PidsLimit"), "limited", "NOT limited: a fork bomb reaches the host"),
        "seccomp": layer(
            "name=seccomp" in options, "the engine's default filter", "no filter of system calls"
        ),
        "apparmor": layer("name=apparmor" in options, "docker-default", "not on this host"),
        "user namespaces": layer(
            "name=userns" in options,
            "the container's root is nobody outside",
            "root in init is the host's root uid",
        ),
        "runc": dict(zip(("there", "what"), runc_holes.layer(runc), strict=True)),
        "rootless": layer(
            "name=rootless" in options,
            "the engine is not the host's root",
            "the engine is root: so is who gets out of a container's walls",
        ),
        "disk quota": layer(
            not watched,
            "each spool is a file system of its own",
            f"by a watch on the spool's bytes, not by the file system: {watched}",
        ),
    }
