"""A whole embedded stack in a folder of its own, driven by the command line as a person would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.integration.weed import free_ports
from tests.waiting import wait_until
from web.stack import records

PORTS_OF_ONE = 12
UP_S = 90.0
DOWN_S = 40.0
HUSK = [sys.executable, "-m", "web.cli"]


class Stack:
    """One data folder with ports of its own; ``up`` may be called again after an end of any kind."""

    def __init__(self, folder: Path, runtime: str = "process") -> None:
        first = free_ports(PORTS_OF_ONE)
        self.data_dir = folder / "data"
        self.url = f"http://127.0.0.1:{first}"
        self.flower_url = f"{self.url}/flower/"
        self.flower_port = first + 1
        self.log = folder / "up.log"
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HUSK_")},
            "HUSK_DATA_DIR": str(self.data_dir),
            "HUSK_RUNTIME": runtime,
            "HUSK_WEB_PORT": str(first),
            "HUSK_FLOWER_PORT": str(first + 1),
            "HUSK_REDIS_PORT": str(first + 2),
            "HUSK_S3_PORT": str(first + 3),
            "HUSK_WEED_PORT": str(first + 4),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def husk(self, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [*HUSK, *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def json(self, *arguments: str) -> Any:
        """Run one command with ``--json``; its document."""
        done = self.husk(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Begin ``husk up``."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*HUSK, "up", *options],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    def up(self, *options: str) -> None:
        """Start it and wait until it says that it is ready."""
        process = self.start(*options)
        wait_until(lambda: "Ctrl-C" in self.said or process.poll() is not None, UP_S, "husk up")
        assert process.poll() is None, f"{self.said}\n{self.stack_log[-6000:]}"

    def wait_until_it_answers(self) -> None:
        """Wait until web serves again."""

        def answers() -> bool:
            with suppress(httpx.HTTPError):
                url = f"{self.url}/api/v1/health"
                return httpx.get(url, timeout=2, verify=False, trust_env=False).status_code == 200
            return False

        wait_until(answers, 30, "web answers")

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """A browser in which the admin logged in by a one-time link."""
        secret = self.json("user", "link", "admin")["url"].partition("#link=")[2]
        with httpx.Client(base_url=self.url, timeout=15, trust_env=False) as client:
            answer = client.post("/api/v1/login", json={"link": secret})
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
            yield client

    @property
    def said(self) -> str:
        """What ``husk up`` printed so far."""
        return self.log.read_text(errors="replace")

    @property
    def stack_log(self) -> str:
        """What the stack's processes printed so far."""
        path = self.data_dir / "logs" / "stack.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def interrupt(self) -> int:
        """Ctrl-C; the exit code of ``husk up``."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(DOWN_S)

    def processes(self) -> list[psutil.Process]:
        """Every process of this folder, kernels included."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def _owns(self, process: psutil.Process) -> bool:
        mark = f"HUSK_DATA_DIR={self.data_dir}".encode()
        with suppress(OSError, psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            proc = Path(f"/proc/{process.pid}")
            if mark in (proc / "environ").read_bytes().split(b"\0"):
                return True
            # A kernel is given no setting; it writes its log into its own folder.
            return any((proc / "fd" / fd).readlink().is_relative_to(self.data_dir) for fd in ("1", "2"))
        return False

    def kill_all(self) -> None:
        """kill -9 of everything at once, kernels included."""
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
        if self.process is not None:
            self.process.wait(10)

    def child(self, name: str) -> records.Process:
        """The process of one Procfile line."""

        def now() -> records.Process | None:
            record = records.read(self.data_dir / "run" / f"{name}.json")
            return record.child if record and record.child and record.child.alive else None

        found = wait_until(now, 15, name)
        assert found is not None
        return found

    def sweep(self) -> None:
        """End what is left, also what is just being started again."""

        def gone() -> bool:
            self.kill_all()
            return not self.processes()

        wait_until(gone, 15, "everything is gone")


def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Body of a fixture: a stack that is up."""
    made = Stack(tmp_path_factory.mktemp("stack"))
    try:
        made.up()
        yield made
    finally:
        made.sweep()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that is up."""
    yield from standing(tmp_path_factory)
