"""The stack that all faults strike: a whole ``husk up``, looked at from outside and in its ledger."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import psutil

from broker_config.settings import ENV_FILE, Settings
from broker_config.wire.errors import HuskError
from tasks.services import Services, make_services
from tests.integration.faults.kernels import Kernels
from tests.integration.faults.processes import BACK_S, wait_all_lines
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until
from web.client import Husk

T = TypeVar("T")


class BareStack(Stack):
    """Without the example of ``husk up``; runners are among its processes, too."""

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Begin ``husk up --no-example``."""
        return super().start("--no-example", *options)

    def _owns(self, process: psutil.Process) -> bool:
        # All that a runner, and what cells started, have of the stack is their working folder.
        with suppress(OSError, psutil.Error):
            inside = Path(process.cwd()).is_relative_to(self.data_dir)
            return super()._owns(process) or (inside and process.status() != psutil.STATUS_ZOMBIE)
        return False


class World:
    """The stack, a client of its API, its ledger.

    The folder is none of pytest's: those are closed to other users, and kernels may run as others.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="husk-faults-"))
        self.folder.chmod(0o755)
        self.notes = self.folder / "notes"
        self.notes.mkdir()
        self.notes.chmod(0o777)
        self.stack = BareStack(self.folder)
        self.ends: dict[str, tuple[str, float | None, str]] = {}
        """How every execution of all rounds ended."""

    @cached_property
    def services(self) -> Services:
        """Ledger, Redis and store as the stack's own processes reach them."""
        return make_services(self.settings)

    @cached_property
    def settings(self) -> Settings:
        """The settings that the stack's processes have."""
        given: dict[str, Any] = {
            name.removeprefix("HUSK_").lower(): value
            for name, value in self.stack.environ.items()
            if name.startswith("HUSK_")
        }
        return Settings(_env_file=self.stack.data_dir / ENV_FILE, **given)  # type: ignore[call-arg]

    @cached_property
    def husk(self) -> Husk:
        """A client with the admin's token."""
        return Husk(self.stack.url, (self.stack.data_dir / "admin.token").read_text().strip())

    @cached_property
    def kernels(self) -> Kernels:
        """The kernels that rounds share."""
        return Kernels(self.services, self.husk)

    def kernel_log(self, uid: str) -> str:
        """What a kernel's init and agent printed; empty before there is one."""
        path = self.settings.kernels_dir / uid / "kernel.log"
        return path.read_text(errors="replace") if uid and path.exists() else ""

    def ensure_up(self) -> None:
        """Start what is not there: at first all of it, later what a fault ended."""
        if self.stack.process is None or self.stack.process.poll() is not None:
            self.stack.up()
        wait_all_lines(self.stack)
        wait_until(self._answers, BACK_S, "the API says that all is there")

    def _answers(self) -> bool:
        with suppress(HuskError):
            return bool(self.husk.ready())
        return False

    def patiently(self, ask: Callable[[], T]) -> T:
        """The answer of the API, asked again while it is away."""

        def answer() -> T | None:
            with suppress(HuskError):
                return ask()
            return None

        found = wait_until(answer, BACK_S, "an answer of the API")
        assert found is not None
        return found

    def close(self) -> None:
        """End all of it."""
        self.stack.sweep()
        if "services" in self.__dict__:
            self.services.ledger.dispose()
            self.services.redis.close()
            self.services.celery.close()
        if "husk" in self.__dict__:
            self.husk.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running_world() -> Iterator[World]:
    """A world that is up, ended afterwards with nothing left."""
    made = World()
    try:
        made.ensure_up()
        yield made
    finally:
        made.close()
