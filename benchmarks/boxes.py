"""The engine's side of a stack whose kernels are containers."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import time
from typing import Any

import docker
from docker.errors import NotFound

from benchmarks.subject import Stack, Subject

CALL_S = 60
GONE_S = 120.0
BARE = (
    "import glob, sys; sys.path += glob.glob('/opt/husk/runner/lib/python3*/site-packages'); "
    "from celery import Celery; import IPython"
)
AGENT_PYTHON = "/opt/husk/agent/bin/python"
INSTANCE, KERNEL = "husk.instance", "husk.kernel"


class Boxes:
    """``engine_url``: the engine itself, whatever the stack has of it."""

    def __init__(self, engine_url: str) -> None:
        self._engine = docker.DockerClient(base_url=engine_url, timeout=CALL_S)
        self._instances: set[str] = set()

    def of(self, uid: str) -> Any:
        """A kernel's container."""
        found = self._engine.containers.get(f"husk-{uid}")
        self._instances.add(found.labels[INSTANCE])
        return found

    def working_set(self, uid: str) -> int:
        """Bytes that its cgroup counts, less the page cache that it can do without."""
        memory = self.of(uid).stats(stream=False, one_shot=True)["memory_stats"]
        inactive = memory["stats"].get("total_inactive_file", memory["stats"].get("inactive_file", 0))
        return int(memory["usage"]) - int(inactive)

    def over_limit(self, uid: str) -> bool:
        """Whether it is above its limit, or was ended for that."""
        box = self.of(uid)
        limit = int(box.attrs["HostConfig"]["Memory"])
        return bool(box.attrs["State"]["OOMKilled"]) or self.working_set(uid) > limit

    def orphan_s(self, like: str, image: str) -> float:
        """Seconds until a container is gone that no kernel has, in the stack of ``like``."""
        uid = secrets.token_hex(6)
        labels = {KERNEL: uid, INSTANCE: self.of(like).labels[INSTANCE]}
        began = time.perf_counter()
        box = self._engine.containers.run(
            image, name=f"husk-{uid}", labels=labels, entrypoint=["sleep", "600"], detach=True
        )
        with contextlib.suppress(NotFound):
            while time.perf_counter() - began < GONE_S:
                box.reload()
                time.sleep(0.1)
            box.remove(force=True)
        return time.perf_counter() - began

    def close(self) -> None:
        """Remove what the stacks of the kernels that were looked at have on the engine."""
        for instance in self._instances:
            mine = {"label": f"{INSTANCE}={instance}"}
            for box in self._engine.containers.list(all=True, filters=mine):
                box.remove(force=True)
            for volume in self._engine.volumes.list(filters=mine):
                volume.remove(force=True)
            for network in self._engine.networks.list(filters=mine):
                network.remove()
        self._engine.close()


def bare_run(image: str) -> float:
    """Seconds of ``docker run`` of the same image that imports Celery and IPython and exits."""
    name = f"husk-bench-{secrets.token_hex(6)}"
    began = time.perf_counter()
    try:
        subprocess.run(
            ["docker", "run", "--name", name, "--entrypoint", AGENT_PYTHON, image, "-I", "-c", BARE],
            check=True,
            timeout=GONE_S,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - began
    finally:
        subprocess.run(["docker", "rm", "-f", name], check=False, timeout=CALL_S, stdout=subprocess.DEVNULL)


def death_s(stack: Stack, subject: Subject, boxes: Boxes) -> float:
    """Seconds from ``docker kill`` of a kernel until the API says that it died."""
    box = boxes.of(subject.kernel["uid"])
    began = time.perf_counter()
    box.kill()
    stack.api().wait_for(f"/kernels/{subject.name}", "state", "error")
    return time.perf_counter() - began
