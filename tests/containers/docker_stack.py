"""An embedded stack whose kernels are containers, driven by the public API, and the engine's view of them."""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import httpx
import psutil
import redis

from broker_config import keys
from broker_config.settings import ENV_FILE, Settings
from tasks.runtimes.instance import INSTANCE, container_name, instance_id
from tests.containers.engine_proxy import EngineProxy
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until
from web.client import Husk

UP_S = 90.0
CELL_S = 60.0
DISK_GB = 0.2
STATE_S = 120.0


class DockerStack:
    """``husk`` is the API as an admin; ``engine`` the engine itself; ``door`` what the stack has of it."""

    def __init__(
        self,
        folder: Path,
        engine: docker.DockerClient,
        image: str,
        socket: str = "/var/run/docker.sock",
        **settings: str,
    ) -> None:
        self.engine = engine
        self.door = EngineProxy(folder / "engine.sock", socket)
        self.stack = Stack(folder, runtime="docker")
        self.stack.environ |= {
            "HUSK_ENGINE_URL": self.door.url,
            "HUSK_KERNEL_IMAGE": image,
            "HUSK_KERNEL_DISK_GB": str(DISK_GB),
            **settings,
        }

    def up(self) -> None:
        """Start it."""
        process = self.stack.start("--no-example")
        wait_until(lambda: "Ctrl-C" in self.stack.said or process.poll() is not None, UP_S, "husk up")
        assert process.poll() is None, f"{self.stack.said}\n{self.stack.stack_log[-6000:]}"
        self.token = (self.stack.data_dir / "admin.token").read_text().strip()
        self.husk = Husk(self.stack.url, self.token)
        given: dict[str, Any] = {
            name.removeprefix("HUSK_").lower(): value
            for name, value in self.stack.environ.items()
            if name.startswith("HUSK_")
        }
        env_file = self.stack.data_dir / ENV_FILE
        self.settings = Settings(_env_file=env_file, **given)  # type: ignore[call-arg]
        self.instance = instance_id(self.settings)
        self.redis = redis.Redis.from_url(self.settings.embedded_redis_url, decode_responses=True)

    def close(self) -> None:
        """End it at once, kernels included, and remove what its instance has on the engine."""
        with contextlib.suppress(Exception):
            self.husk.close()
            self.redis.close()
        self.stack.sweep()
        mine = {"label": f"{INSTANCE}={self.instance}"}
        for container in self.engine.containers.list(all=True, filters=mine, ignore_removed=True):
            container.remove(force=True)
        for volume in self.engine.volumes.list(filters=mine):
            volume.remove(force=True)
        for network in self.engine.networks.list(filters=mine):
            network.remove()
        self.door.close()

    def new(self, **fields: Any) -> str:
        """A stopped kernel; its uid."""
        values = {"memory_gb": 1.0, "cpu_cores": 1.0, **fields}
        return str(self.husk.kernels.create(f"t-{secrets.token_hex(4)}", **values)["uid"])

    def ready(self, **fields: Any) -> str:
        """A kernel that is ready; its uid."""
        uid = self.new(**fields)
        self.husk.kernels.start(uid)
        self.husk.kernels.wait_ready(uid, STATE_S)
        return uid

    def run(self, uid: str, code: str, **fields: Any) -> dict[str, Any]:
        """Run a cell to its end; the whole result."""
        return self.ended(self.husk.executions.submit(uid, code, **fields)["id"])

    def ended(self, execution_id: str, timeout_s: float = CELL_S) -> dict[str, Any]:
        """Wait for an execution's end."""

        def over() -> dict[str, Any] | None:
            now: Any = self.husk.executions.get(execution_id)
            return None if now["status"] in {"queued", "running"} else now

        found = wait_until(over, timeout_s, f"{execution_id} ends")
        assert found is not None
        return found

    def said(self, uid: str, code: str) -> str:
        """What a cell that succeeds prints."""
        done = self.run(uid, code)
        assert done["status"] == "succeeded", done["error"]
        return str(done["stdout"]).strip()

    def state(self, uid: str) -> str:
        """A kernel's state now."""
        return str(self.husk.kernels.get(uid)["state"])

    def until(self, uid: str, state: str, timeout_s: float = STATE_S) -> dict[str, Any]:
        """The kernel in the answer that first had this state: the next one may have another already."""

        def there() -> dict[str, Any] | None:
            kernel: Any = self.husk.kernels.get(uid)
            return dict(kernel) if kernel["state"] == state else None

        found = wait_until(there, timeout_s, f"{uid} is {state}")
        assert found is not None
        return found

    def runtime(self) -> dict[str, Any]:
        """What the API says kernels run in."""
        answer = httpx.get(
            f"{self.stack.url}/api/v1/runtime",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=15,
            trust_env=False,
        )
        return dict(answer.json())

    def container(self, uid: str) -> Any:
        """A kernel's container. Raises ``docker.errors.NotFound``."""
        return self.engine.containers.get(container_name(uid))

    def containers_of(self, uid: str) -> list[Any]:
        """All containers of a kernel, in any state."""
        return self.engine.containers.list(
            all=True, filters={"label": f"husk.kernel={uid}"}, ignore_removed=True
        )

    def has_user(self, uid: str) -> bool:
        """Whether the kernel's Redis user is there."""
        return f"kernel-{uid}" in self.redis.acl_users()

    def lifecycle(self) -> psutil.Process:
        """The stack's lifecycle worker."""
        return psutil.Process(self.stack.child("lifecycle").pid)

    @contextmanager
    def lifecycle_frozen(self) -> Iterator[None]:
        """The stack's own worker does nothing, and holds nothing that others need."""
        process = self.lifecycle()

        def still() -> bool:
            process.suspend()
            # A lock of one that lives is waited for.
            if self._writable() and not self.redis.keys(keys.lifecycle_lock("*")):
                return True
            process.resume()
            return False

        wait_until(still, 20, "the worker is between two changes of the ledger")
        try:
            yield
        finally:
            process.resume()

    def _writable(self) -> bool:
        with contextlib.closing(sqlite3.connect(self.stack.data_dir / "husk.db", timeout=0.5)) as ledger:
            try:
                ledger.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            ledger.rollback()
            return True


def pids_of(container: Any) -> dict[str, list[int]]:
    """Part (init, agent, runner) → its processes, as this host numbers them."""
    rows = container.top(ps_args="-eo pid,args")["Processes"]
    return {
        part: [int(pid) for pid, args in rows if f"kernel_worker.{part}" in args]
        for part in ("init", "agent", "runner")
    }


def seconds_until(condition: Any, timeout_s: float, what: str) -> float:
    """How long it took until ``condition``; fails after ``timeout_s``."""
    began = time.monotonic()
    wait_until(condition, timeout_s, what)
    return time.monotonic() - began


def status_of(pid: int) -> dict[str, str]:
    """``/proc/<pid>/status`` of this host."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def as_json(text: str) -> Any:
    """What a cell printed as JSON."""
    return json.loads(text)
