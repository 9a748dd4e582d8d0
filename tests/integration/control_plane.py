"""The control plane of a test: ledger, Redis, recorder and desk as processes, and a real kernel's row."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from broker_config import acl, keys
from broker_config.settings import Settings
from broker_config.wire.names import new_token
from broker_config.wire.states import EXECUTION_TERMINAL, DesiredState, ExecutionState, KernelState
from tasks import submission
from tasks.broker_epoch import BrokerEpoch
from tasks.housekeeping import Housekeeping
from tasks.ledger import broker, executions, kernels, users
from tasks.ledger.models import Execution, ExecutionOutput, Kernel, SharedFile, User
from tasks.services import Services, make_services
from tasks.submission import Cell
from tests.integration.databases import prepare_tables
from tests.integration.kernel_fixture import KernelUnderTest, running_kernel
from tests.integration.ledger_rows import NOW, new_kernel
from tests.integration.redis_server import KERNEL_PASSWORD, RedisServer
from tests.waiting import wait_until

ENDED = frozenset(state.value for state in EXECUTION_TERMINAL)


def make_settings(server: RedisServer, folder: Path, **changes: Any) -> Settings:
    """Settings of a stack below ``folder`` on that Redis."""
    values: dict[str, Any] = {
        "data_dir": folder,
        "runtime": "process",
        "redis_url": SecretStr(server.url),
        "secret_key": SecretStr(new_token()),
        "s3_secret_key": SecretStr(new_token()),
    }
    return Settings(**{**values, **changes})


def environment(settings: Settings) -> dict[str, str]:
    """The variables by which a process of the control plane gets these settings."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("HUSK_")}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        own[f"HUSK_{name.upper()}"] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return own


@dataclass
class ControlPlane:
    """Services of the test's own process, and processes that may be killed."""

    server: RedisServer
    settings: Settings
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.services: Services = make_services(self.settings)
        prepare_tables(self.settings.sqlalchemy_url)
        self.housekeeping = Housekeeping(self.services)
        with self.services.ledger.write() as session:
            epoch = broker.epoch(session) or new_token(16)
            broker.set_epoch(session, epoch)
        self.server.admin.set(keys.EPOCH, epoch)
        self.watcher = BrokerEpoch(self.services)
        self.count = 0

    # Processes ----------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Start ``python -m tasks <name>``."""
        with (self.settings.data_dir / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "tasks", name],
                env=environment(self.settings),
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """SIGKILL."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(10)

    def stop(self, name: str) -> int:
        """SIGTERM; the exit code. Two seconds are given, and some for a busy machine."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(4)

    def log(self, name: str) -> str:
        """What it printed."""
        return (self.settings.data_dir / f"{name}.log").read_text()

    def close(self) -> None:
        """End all that runs."""
        for name in list(self.processes):
            self.kill(name)
        self.services.ledger.dispose()
        self.services.redis.close()
        self.services.celery.close()

    # Rows ---------------------------------------------------------------------------------------

    def add_user(self) -> User:
        """A new user."""
        self.count += 1
        with self.services.ledger.write() as session:
            return users.create(session, f"user{self.count}", "editor", NOW)

    def add_kernel(self, owner: User | None = None, state: KernelState = KernelState.STARTING) -> Kernel:
        """A kernel whose start was asked, as lifecycle leaves it."""
        owner = owner or self.add_user()
        self.count += 1
        with self.services.ledger.write() as session:
            kernel = kernels.create(session, new_kernel(owner.id, f"k{self.count}"), NOW)
            kernels.intend(session, kernel, DesiredState.RUNNING, NOW)
            kernel = kernels.update(
                session,
                kernel,
                journal_epoch=broker.epoch(session),
                redis_password_sha256=acl.password_hash(KERNEL_PASSWORD),
            )
            kernel = kernels.move(session, kernel, KernelState.STARTING, NOW)
            return kernel if state is KernelState.STARTING else kernels.move(session, kernel, state, NOW)

    def kernel(self, uid: str) -> Kernel:
        """The row now."""
        with self.services.ledger.read() as session:
            found = kernels.get(session, uid)
        assert found is not None
        return found

    def move(self, uid: str, *states: KernelState) -> None:
        """Move a kernel as lifecycle does."""
        for state in states:
            with self.services.ledger.write() as session:
                found = kernels.get(session, uid)
                assert found is not None
                kernels.move(session, found, state, NOW)

    def until_ready(self, uid: str, timeout_s: float = 20) -> None:
        """Wait until the recorder has seen the kernel's Ready."""
        wait_until(lambda: self.kernel(uid).state == KernelState.READY.value, timeout_s, "a ready kernel")

    # Executions ---------------------------------------------------------------------------------

    def submit(self, uid: str, *codes: str, **fields: Any) -> list[str]:
        """Submit cells; their ids."""
        cells = [Cell(code, **fields) for code in codes]
        return [row.id for row in submission.submit(self.services, uid, cells)]

    def execution(self, execution_id: str) -> Execution:
        """The row now."""
        with self.services.ledger.read() as session:
            found = executions.get(session, execution_id)
        assert found is not None
        return found

    def status(self, execution_id: str) -> ExecutionState:
        """Its state now."""
        return ExecutionState(self.execution(execution_id).status)

    def until(self, execution_id: str, *states: ExecutionState, timeout_s: float = 20) -> ExecutionState:
        """Wait until it is in one of these states."""
        wait_until(lambda: self.status(execution_id) in states, timeout_s, f"{execution_id} is {states}")
        return self.status(execution_id)

    def until_ended(self, ids: list[str], timeout_s: float = 30, tick: bool = False) -> list[ExecutionState]:
        """Wait until all have ended, with housekeeping's ticks if asked; their ends."""

        def ended() -> bool:
            if tick:
                self.housekeeping.tick()
            with self.services.ledger.read() as session:
                return all(row.status in ENDED for row in executions.many(session, ids))

        wait_until(ended, timeout_s, "the end of all")
        return [self.status(one) for one in ids]

    def output(self, execution_id: str) -> ExecutionOutput | None:
        """Its output now."""
        with self.services.ledger.read() as session:
            return executions.output(session, execution_id)

    def queue(self, uid: str, suffix: str = "") -> list[bytes]:
        """Messages in a queue, the next first."""
        found: Any = self.server.admin.lrange(f"kernel.{uid}{suffix}", 0, -1)
        return list(reversed(found))

    def files(self, owner_id: int, path: str) -> list[SharedFile]:
        """Versions of a shared file."""
        from tasks.ledger import files

        with self.services.ledger.read() as session:
            return files.versions(session, owner_id, path)


@contextmanager
def control_plane(server: RedisServer, folder: Path, *names: str, **changes: Any) -> Iterator[ControlPlane]:
    """A control plane whose processes of these names run."""
    plane = ControlPlane(server, make_settings(server, folder, **changes))
    try:
        for name in names:
            plane.start(name)
        yield plane
    finally:
        plane.close()


@contextmanager
def ready_kernel(plane: ControlPlane, **fields: Any) -> Iterator[KernelUnderTest]:
    """A kernel that runs and whose row is ready; the recorder has to run."""
    row = plane.add_kernel()
    with running_kernel(plane.server, uid=row.uid, **fields) as kernel:
        plane.until_ready(row.uid)
        yield kernel


def counting(folder: Path) -> str:
    """Code that notes each of its runs in a file; ``%d`` is the cell's number."""
    return f"open({str(folder / 'ran')!r}, 'a').write('%d\\n')"


def ran(folder: Path) -> list[int]:
    """Numbers of the cells that ran, in order."""
    path = folder / "ran"
    return [int(line) for line in path.read_text().split()] if path.exists() else []
