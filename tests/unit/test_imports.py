"""Nothing happens at import: no Redis, no Docker, no variable is needed, and nothing is started."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

PACKAGES = ("broker_config", "tasks", "kernel_worker", "web")
# Reads every module of a package in an empty environment; sockets are refused and threads counted.
PROGRAM = """
import importlib, socket, sys, threading

def refuse(*_):
    raise AssertionError("a connection at import")

socket.socket.connect = refuse
for name in sys.argv[1:]:
    importlib.import_module(name)
assert threading.active_count() == 1, threading.enumerate()
"""


def modules(package: str) -> list[str]:
    found = pkgutil.walk_packages([package], f"{package}.", onerror=lambda _name: None)
    return [package, *(one.name for one in found if not one.name.endswith("__main__"))]


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_any_module_needs_nothing_and_starts_nothing(package: str) -> None:
    names = modules(package)
    assert len(names) > 5
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *names],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
