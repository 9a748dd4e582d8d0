"""A whole deployment of a test's own: compose/ with ci.yml, on random names, ports and networks."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
import httpx

from tasks.runtimes.instance import INSTANCE
from tests.integration.weed import free_ports
from tests.waiting import wait_until
from web.client import Husk

TOP = Path(__file__).parents[2]
TAG = "husk:check"
BUILD_S, UP_S, STEP_S = 900.0, 300.0, 180.0
PUBLISHED = ("WEB_PUBLISH", "PROMETHEUS_PUBLISH", "GRAFANA_PUBLISH")


class Deployment:
    """``folder`` becomes a copy of compose/, with secrets and an .env of its own."""

    def __init__(self, folder: Path, engine: docker.DockerClient) -> None:
        self.home = folder / "compose"
        self.engine = engine
        self.project = f"husk-check-{secrets.token_hex(4)}"
        first = free_ports(len(PUBLISHED))
        self.ports = {name: first + n for n, name in enumerate(PUBLISHED)}
        self.url = f"http://127.0.0.1:{self.ports['WEB_PUBLISH']}"

    def build(self) -> None:
        """Every service's image, of the code as it is now."""
        for service in ("web", "redis"):  # the second takes from the first
            self._run(TOP / "compose", "build", service, timeout_s=BUILD_S)

    def prepare(self) -> None:
        """What a deployer does before the first start."""
        ignored = shutil.ignore_patterns("secrets", ".env", "site", "requirements")
        shutil.copytree(TOP / "compose", self.home, ignore=ignored)
        subprocess.run(["sh", "secrets.sh"], cwd=self.home, check=True, capture_output=True, timeout=30)
        third = random.sample(range(256), 2)
        own = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        for kind, number in zip(("INTERNET", "ISOLATED"), third, strict=True):
            own[f"{kind}_SUBNET"] = f"10.213.{number}.0/24"
            own[f"{kind}_GATEWAY"] = f"10.213.{number}.1"
        kept = [line for line in self.env.read_text().splitlines() if line.partition("=")[0] not in own]
        self.env.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in own.items()), ""]))

    @property
    def env(self) -> Path:
        """The settings of this deployment."""
        return self.home / ".env"

    @property
    def instance(self) -> str:
        """What its containers are labelled with."""
        return next(x for x in self.env.read_text().splitlines() if x.startswith("INSTANCE=")).partition("=")[
            2
        ]

    def compose(self, *words: str, timeout_s: float = STEP_S) -> str:
        """Run a command of Compose's on this deployment; what it printed."""
        return self._run(self.home, *words, timeout_s=timeout_s)

    def up(self) -> None:
        """Start it; web is healthy afterwards."""
        self.compose("up", "-d", "--no-build", timeout_s=UP_S)

    def _run(self, home: Path, *words: str, timeout_s: float) -> str:
        files = ("-f", "docker-compose.yml", "-f", "ci.yml")
        tags = {"CONTROL_IMAGE": TAG, "CI_TAG": "check", "COMPOSE_PROJECT_NAME": self.project}
        done = subprocess.run(
            [*_compose(), *files, *words],
            **{"cwd": home, "env": {**os.environ, **tags}, "timeout": timeout_s},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def container(self, service: str) -> Any:
        """The one container of a service."""
        labels = [f"com.docker.compose.project={self.project}", f"com.docker.compose.service={service}"]
        (found,) = self.engine.containers.list(all=True, filters={"label": labels})
        return found

    def inside(self, service: str, *argv: str) -> tuple[int, str]:
        """Exit code and output of a command in a service's container."""
        code, output = self.container(service).exec_run(list(argv))
        return code, output.decode("utf-8", "replace")

    def wait_healthy(self, service: str, timeout_s: float = STEP_S) -> None:
        """Until its own health check says so."""

        def healthy() -> bool:
            return bool(self.container(service).attrs["State"].get("Health", {}).get("Status") == "healthy")

        try:
            wait_until(healthy, timeout_s, f"{service} is healthy")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.last_words(service)}") from None

    def last_words(self, service: str) -> str:
        """The end of its log, and what its health check said last."""
        container = self.container(service)
        checks = container.attrs["State"].get("Health", {}).get("Log", [])
        said = checks[-1]["Output"] if checks else ""
        return f"{container.logs(tail=5).decode('utf-8', 'replace')} | {said}"

    @cached_property
    def token(self) -> str:
        """Of the first account, as the command line in web's container has it."""
        code, text = self.inside("web", "cat", "/data/admin.token")
        assert code == 0, text
        return text.strip()

    def client(self) -> Husk:
        """The public API, as the first account."""
        return Husk(self.url, self.token, httpx.Timeout(60))

    def answers(self) -> bool:
        """Whether web and all that it needs answer."""
        try:
            return httpx.get(f"{self.url}/api/v1/ready", timeout=15, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def secret(self, name: str) -> str:
        """A secret's value."""
        return (self.home / "secrets" / name).read_text()

    def inspected(self) -> str:
        """All that the engine tells about its containers, kernels included."""
        own = self.engine.containers.list(all=True, filters={"label": f"{INSTANCE}={self.instance}"})
        services = self.engine.containers.list(
            all=True, filters={"label": f"com.docker.compose.project={self.project}"}
        )
        return json.dumps([container.attrs for container in (*own, *services)])

    def remove(self) -> None:
        """Everything of it, whatever state it is in."""
        if not self.env.exists():
            return
        # Lifecycle first, which would start kernels again.
        self._quietly("rm", "-fsv", "lifecycle")
        mine = {"label": f"{INSTANCE}={self.instance}"}
        for container in self.engine.containers.list(all=True, filters=mine):
            container.remove(force=True, v=True)
        for volume in self.engine.volumes.list(filters=mine):
            volume.remove(force=True)
        self._quietly("down", "-v", "--remove-orphans", "-t", "3")
        # That of builders is lifecycle's, not Compose's.
        for network in self.engine.networks.list(filters=mine):
            network.remove()

    def _quietly(self, *words: str) -> None:
        try:
            self.compose(*words)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            print(error)  # noqa: T201


def _compose() -> list[str]:
    return ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
