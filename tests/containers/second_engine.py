"""A Docker Engine of a test's own beside the host's, which a test may kill and start again."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import docker
import psutil
from docker.errors import DockerException

from tests.waiting import wait_until

UP_S = 40.0
COPY_S = 120.0


class SecondEngine:
    """As root. It has folders and a bridge of its own and leaves iptables and forwarding alone.

    Never without a bridge: an engine with ``--bridge=none`` removes the host's docker0.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bridge = f"hk{secrets.token_hex(3)}"
        address = f"10.211.{secrets.randbelow(256)}.1/24"
        for step in (f"add {self._bridge} type bridge", f"set {self._bridge} up"):
            subprocess.run(["ip", "link", *step.split()], check=True, timeout=10)
        subprocess.run(["ip", "addr", "add", address, "dev", self._bridge], check=True, timeout=10)
        self.socket = folder / "sock"
        self.client = docker.DockerClient(base_url=f"unix://{self.socket}", version="1.41", timeout=60)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, live_restore: bool = False) -> None:
        """Start it and wait until it answers. ``live_restore``: containers of one that was killed go on."""
        (self._folder / "pid").unlink(missing_ok=True)
        of_its_own = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *("dockerd", "--storage-driver=overlay2", f"--host=unix://{self.socket}"),
                    *(f"--{name}={self._folder / path}" for name, path in of_its_own.items()),
                    *(f"--bridge={self._bridge}", "--iptables=false", "--ip6tables=false"),
                    *("--ip-forward=false", "--ip-masq=false", f"--live-restore={str(live_restore).lower()}"),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers, UP_S, "the engine answers")

    def copy(self, image: str) -> None:
        """Take an image over from the host's engine."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
            load = ["docker", "-H", f"unix://{self.socket}", "load"]
            subprocess.run(load, stdin=save.stdout, check=True, capture_output=True, timeout=COPY_S)

    def kill(self) -> None:
        """As a crash: it has no time to end its containers."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        # They die with it, a moment later: the next engine would take a dying containerd for one that runs.
        psutil.wait_procs(children, UP_S)

    def revive(self) -> None:
        """Start it where a test left it dead."""
        if not self._answers():
            self.start()

    def close(self) -> None:
        """End it and all of it, and remove what it had."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(UP_S)
        self.client.close()
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self._folder) in word for word in process.info["cmdline"] or []):
                process.kill()
        subprocess.run(["ip", "link", "delete", self._bridge], check=False, timeout=10)
        deadline = time.monotonic() + UP_S
        while self._mounts() and time.monotonic() < deadline:
            for path in self._mounts():
                subprocess.run(["umount", "--lazy", path], check=False, timeout=10)
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def _mounts(self) -> list[str]:
        rows = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        return [path for path in reversed(rows) if path.startswith(f"{self._folder}{os.sep}")]

    def _answers(self) -> bool:
        # The client would leave a socket that does not open to the garbage collector.
        with socket.socket(socket.AF_UNIX) as trial:
            if trial.connect_ex(str(self.socket)) != 0:
                return False
        try:
            return bool(self.client.ping())
        except (DockerException, OSError):
            return False
