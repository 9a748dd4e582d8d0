"""Short-lived containers and images of tests, gone when the test is."""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import docker
from docker.errors import NotFound

RUN_S = 60
AGENT, RUNNER = 10001, 10002
AGENT_PYTHON, RUNNER_PYTHON = "/opt/husk/agent/bin/python", "/opt/husk/runner/bin/python"


def fresh_name(what: str) -> str:
    """A name that no other test uses."""
    return f"husk-test-{what}-{secrets.token_hex(6)}"


def run_in(engine: docker.DockerClient, image: str, argv: list[str], **options: Any) -> tuple[int, str]:
    """Exit code and output of a command in a container without network and with a read-only root; ``options``
    change what ``containers.create`` is given."""
    profile: dict[str, Any] = {
        "entrypoint": argv,
        "name": fresh_name("box"),
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "tmpfs": {"/tmp": "size=64m"},
        "mem_limit": "1g",
        "pids_limit": 128,
    }
    box = engine.containers.create(image, **(profile | options))
    try:
        box.start()
        code = box.wait(timeout=RUN_S)["StatusCode"]
        return code, box.logs().decode(errors="replace")
    finally:
        box.remove(force=True, v=True)


@contextmanager
def volume(engine: docker.DockerClient) -> Iterator[str]:
    """The name of a new volume."""
    made = engine.volumes.create(fresh_name("volume"))
    try:
        yield made.name
    finally:
        made.remove(force=True)


@contextmanager
def tiny_image(engine: docker.DockerClient, repository: str, tag: str, **labels: str) -> Iterator[str]:
    """An image that holds one empty file and these labels; its full name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("empty"))
    changes = [f'LABEL {name}="{value}"' for name, value in labels.items()]
    name = f"{repository}:{tag}"
    packed.seek(0)
    engine.api.import_image(packed, repository=repository, tag=tag, changes=changes)
    try:
        yield name
    finally:
        with suppress(NotFound):
            engine.images.remove(name, force=True)
