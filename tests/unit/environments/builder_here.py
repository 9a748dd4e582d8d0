"""The builder's program outside a container: its folders are a test's, and so is its installer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from broker_config.settings import Settings
from tasks.environments import locks
from tasks.environments.locks import Lock, Pin
from tasks.runtimes.builder_order import order_of
from tasks.runtimes.builder_profile import PROGRAM

HASH = "0" * 64
FAKE = """#!{python}
import json, os, pathlib, sys
with open({seen!r}, "a") as file:
    file.write(json.dumps({{"argv": sys.argv[1:], "environ": dict(os.environ)}}) + "\\n")
home = pathlib.Path({home!r})
if sys.argv[1] == "venv":
    (home / "bin").mkdir(parents=True, exist_ok=True)
    (home / "lib/python{version}/site-packages").mkdir(parents=True, exist_ok=True)
    (home / "pyvenv.cfg").write_text("home = /usr/bin\\n")
    os.symlink("/usr/bin/python3", home / "bin/python")
else:
    site = home / "lib/python{version}/site-packages"
    {installs}
"""


def lock_of(*pins: Pin, allow_sdist: bool = False) -> Lock:
    """A lock of these."""
    return locks.make("3.11", "base", [], pins, allow_sdist)


class BuilderHere:
    """``installs``: what the installer does, as Python, with ``site`` the folder of packages."""

    def __init__(self, folder: Path, installs: str = "pass") -> None:
        self.folder = folder
        self.home, self.cache, self.work = (folder / name for name in ("home", "cache", "work"))
        for made in (self.home, self.cache, self.work):
            made.mkdir(parents=True)
        self.seen = folder / "seen"
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        self.site = self.home / f"lib/python{version}/site-packages"
        uv = folder / "uv"
        uv.write_text(
            FAKE.format(
                python=sys.executable,
                seen=str(self.seen),
                home=str(self.home),
                version=version,
                installs=installs,
            )
        )
        uv.chmod(0o755)
        self.text = PROGRAM.read_text()
        for there, here in (
            ('/tmp"', f'{self.work}"'),
            ("/opt/husk/environment", self.home),
            ("/opt/husk/uv/cache", self.cache),
            ("/opt/husk/uv/uv", uv),
            ("/opt/husk/runner/", f"{folder}/runner/"),
            ("/usr/bin/python3", sys.executable),
        ):
            assert f'"{there}' in self.text
            self.text = self.text.replace(f'"{there}', f'"{here}')

    def start(self) -> subprocess.Popen[bytes]:
        """The program, waiting for its order."""
        argv = [sys.executable, "-I", "-S", "-c", self.text]
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, lock: Lock, **given: Any) -> tuple[int, str]:
        """Exit code and what it said, for an order with these settings."""
        return self.told(order_of(Settings(**given), lock, 1.0))

    def told(self, order: bytes) -> tuple[int, str]:
        """Exit code and what it said, for this order."""
        with self.start() as process:
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(order)
                process.stdin.flush()
                said = process.stdout.read().decode()
                return process.wait(30), said
            finally:
                process.kill()

    def calls(self) -> list[dict[str, Any]]:
        """Arguments and environment of each call of the installer."""
        return [json.loads(line) for line in self.seen.read_text().splitlines()]
