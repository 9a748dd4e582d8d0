"""The Docker runtime's environments by themselves, and an index that their builders reach."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
from pydantic import SecretStr

from broker_config.settings import Settings
from tasks.environments.locks import Lock
from tasks.runtimes.docker import DockerRuntime
from tasks.runtimes.instance import BUILDER, ENVIRONMENT, INSTANCE, instance_id
from tasks.runtimes.networks import BUILDERS
from tests.containers.boxes import run_in
from tests.integration.package_index import Index, serving

BUILD_S = 60.0
PYTHON = "/opt/husk/environment/bin/python"
RUNNER = 10002


class Site:
    """``environments``: what is tried; ``index``: where its packages come from."""

    def __init__(self, engine: docker.DockerClient, settings: Settings, index: Index) -> None:
        self.engine = engine
        self.settings = settings
        self.index = index
        self.runtime = DockerRuntime(settings)
        self.environments = self.runtime.environments
        self.mine = f"{INSTANCE}={instance_id(settings)}"

    def build(self, lock: Lock) -> list[str]:
        """Build it; what was said."""
        said: list[str] = []
        self.environments.build(lock, said.append, threading.Event())
        return said

    def volume(self, lock: Lock) -> str:
        """The volume of a kernel of this lock."""
        image = self.engine.images.get(f"{self.settings.kernel_image}:base").id
        return self.environments.volume_for(lock.digest, str(image))

    def run(self, lock: Lock, code: str, **options: Any) -> tuple[int, str]:
        """Exit code and output of code in that environment, mounted as a kernel has it."""
        volume = {self.volume(lock): {"bind": "/opt/husk/environment", "mode": "ro"}}
        return run_in(
            self.engine,
            f"{self.settings.kernel_image}:base",
            [PYTHON, "-P", "-c", code],
            **{"user": str(RUNNER), "volumes": volume, **options},
        )

    def builders(self) -> list[Any]:
        """Containers that build, in any state."""
        filters = {"label": [BUILDER, self.mine]}
        found: list[Any] = self.engine.containers.list(all=True, filters=filters, ignore_removed=True)
        return found

    def volumes(self) -> list[str]:
        """Names of all volumes of environments, and of the marks beside them."""
        filters = {"label": [ENVIRONMENT, self.mine]}
        return sorted(one.name for one in self.engine.volumes.list(filters=filters))

    def is_clean(self) -> bool:
        """Nothing is half-made."""
        whole = {name.removesuffix(".whole") for name in self.volumes() if name.endswith(".whole")}
        return not self.builders() and {n for n in self.volumes() if not n.endswith(".whole")} == whole

    def close(self) -> None:
        """Remove what this installation has on the engine."""
        for container in self.builders():
            container.remove(force=True, v=True)
        for volume in self.engine.volumes.list(filters={"label": self.mine}):
            volume.remove(force=True)
        with contextlib.suppress(Exception):
            self.runtime.networks.remove()


@contextmanager
def site(engine: docker.DockerClient, kernel_image: str, folder: Path, **given: Any) -> Iterator[Site]:
    """An installation without a stack."""
    secret = SecretStr(secrets.token_hex(16))
    settings = Settings(data_dir=folder, secret_key=secret, kernel_image=kernel_image, **given)
    gateway = DockerRuntime(settings).networks.ensure(BUILDERS).gateway
    with serving(gateway, "0.0.0.0") as index:
        settings.index_url = SecretStr(index.url)
        made = Site(engine, settings, index)
        try:
            yield made
        finally:
            made.close()
