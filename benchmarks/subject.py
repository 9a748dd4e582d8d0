"""The subject: a Husk stack of its own, in a temporary folder and on free ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil

from benchmarks.api import Api, EventStream

ROOT = Path(__file__).resolve().parents[1]
START_S = 90.0
PORTS = {"WEB": 0, "FLOWER": 1, "REDIS": 2, "S3": 3, "WEED": 4}
PORTS_OF_ONE = 11
FINISHED = "finished"


def environ_of(data_dir: Path, **given: str) -> tuple[dict[str, str], str]:
    """Variables of a stack in that folder on free ports, and its address; ``given`` ones count most."""
    first = _free_ports(PORTS_OF_ONE)
    ports = {f"HUSK_{name}_PORT": str(first + offset) for name, offset in PORTS.items()}
    own = {"HUSK_RUNTIME": os.environ.get("HUSK_RUNTIME", "process"), "HUSK_DATA_DIR": str(data_dir)}
    return {**os.environ, **ports, **own, **given}, f"http://127.0.0.1:{first}"


class Stack:
    """``husk up`` without its example, until ``close``."""

    def __init__(self, **given: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="husk-bench-")
        self.data_dir = Path(self._folder.name)
        self.environ, self.url = environ_of(self.data_dir, **given)
        self._log = (self.data_dir / "up.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "web.cli", "up", "--no-example"],
            cwd=ROOT,
            env=self.environ,
            stdout=self._log,
            stderr=self._log,
        )
        self.token = self._wait_for_token()

    def _wait_for_token(self) -> str:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                token = (self.data_dir / "admin.token").read_text().strip()
                Api(self.url, token).call("GET", "/ready")
            except (OSError, RuntimeError):
                time.sleep(0.1)
                continue
            return token
        raise RuntimeError(f"the stack did not start:\n{(self.data_dir / 'up.log').read_text()[-3000:]}")

    def api(self) -> Api:
        """A connection of its own."""
        return Api(self.url, self.token)

    def web_memory_bytes(self) -> int:
        """Resident memory of the web server's processes."""
        return sum(p.memory_info().rss for p in self.web_processes())

    def web_processes(self) -> list[psutil.Process]:
        """The web server's."""
        found = json.loads((self.data_dir / "run" / "web.json").read_text())
        server = psutil.Process(found["child"]["pid"])
        return [server, *server.children(recursive=True)]

    def close(self) -> None:
        """End it and all of its kernels."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(60)
        finally:
            if self._process.poll() is None:
                self._process.kill()
            self._folder.cleanup()


class Subject:
    """One ready kernel with an open event stream."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.name, self.api = name, stack.api()
        self.api.call("POST", "/kernels", {"id": name, "name": name})
        self.stream: EventStream = stack.api().events(f"/kernels/{name}/events")
        self._events = iter(self.stream)
        began = time.perf_counter()
        self.api.call("POST", f"/kernels/{name}/start")
        # Asking all the time would take half a core from what is measured: it says itself that it comes up.
        while next(self._events)["type"] != "ready":
            pass
        self.kernel: dict[str, Any] = self.api.wait_for(f"/kernels/{name}", "state", "ready")
        self.start_s = time.perf_counter() - began

    def submit(self, code: str) -> str:
        """Send a cell; its execution id."""
        return str(self.api.call("POST", f"/kernels/{self.name}/executions", {"code": code})["id"])

    def run(self, code: str) -> float:
        """Seconds from the request until ``finished`` came on the stream."""
        began = time.perf_counter()
        self.until(self.submit(code), FINISHED)
        return time.perf_counter() - began

    def until(self, execution_id: str, kind: str) -> int:
        """Read until that event of that execution; the number of lines it printed on the way."""
        lines = 0
        for event in self._events:
            if event.get("execution_id") != execution_id:
                continue
            if event["type"] == "stream":
                lines += event["text"].count("\n")
            if event["type"] == kind:
                if kind == FINISHED and event["result"]["status"] == "failed":
                    raise RuntimeError(f"the cell failed: {event['result']['error']}")
                return lines
        raise AssertionError("an event stream does not end by itself")

    def interrupt(self, execution_id: str) -> float:
        """Seconds from the request until the cell has finished."""
        began = time.perf_counter()
        self.api.call("POST", f"/executions/{execution_id}/cancel", {})
        self.until(execution_id, FINISHED)
        return time.perf_counter() - began

    def memory_bytes(self) -> int:
        """Proportional set size of init, agent and runner."""
        init = runner_of(self.kernel["uid"]).parent()
        assert init is not None
        return sum(p.memory_full_info().pss for p in [init, *init.children(recursive=True)])

    def close(self) -> None:
        """Delete the kernel."""
        self.stream.close()
        self.api.call("DELETE", f"/kernels/{self.name}")


def runner_of(uid: str) -> psutil.Process:
    """The runner of a kernel: its shared folder, which has the uid in its path, is among its arguments."""
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "kernel_worker.runner" in line and any(uid in part for part in line):
            return process
    raise RuntimeError("the kernel has no runner")


def _free_ports(count: int) -> int:
    for first in range(21_000 + os.getpid() % 5_000, 32_000, count):
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(closing(socket.create_server(("127.0.0.1", port))))
            except OSError:
                continue
            return first
    raise RuntimeError("no free ports")
