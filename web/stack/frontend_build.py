"""``python -m web.stack.frontend_build`` builds the pages, unless they are as their sources say.

Takes npm from PATH where its Node.js is new enough, else the one of the ``frontend`` extra. Where it cannot
be done it says so in one line, and Husk runs without pages.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from web.stack import install
from web.stack.install import TOP, VENV, CannotInstall, say

HOME = TOP / "web" / "frontend"
DIST = HOME / "dist"
# Below a folder that is ignored already, and on the same disk as the one that it becomes.
NEW = HOME / "node_modules" / ".husk-dist"
STAMP = "built.stamp"
SOURCES = ("package.json", "package-lock.json", "index.html", "*.config.*", "tsconfig*.json")
FOLDERS = ("src", "public", "scripts")
GENERATED = HOME / "src" / "api" / "schema.d.ts"  # by the build, from the API's document
LATEST_S = 600


def fingerprint() -> str:
    """Changes whenever what is built may have changed."""
    digest = hashlib.sha256()
    files = {path for pattern in SOURCES for path in HOME.glob(pattern)}
    files |= {path for folder in FOLDERS for path in (HOME / folder).rglob("*") if path.is_file()}
    for path in sorted(files - {GENERATED}):
        digest.update(f"{path.relative_to(HOME)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_built() -> bool:
    """Whether an earlier run built these sources."""
    stamp = DIST / STAMP
    return (DIST / "index.html").is_file() and stamp.is_file() and stamp.read_text() == fingerprint()


def build() -> None:
    """Build the pages; the old ones stay until the new ones are whole.

    Raises:
        CannotInstall: no npm, no registry, or the build failed; one line.
    """
    built = fingerprint()
    npm = find_npm()
    install_packages(npm)
    shutil.rmtree(NEW, ignore_errors=True)
    _run([npm, "run", "build", "--", "--outDir", str(NEW), "--emptyOutDir"], npm, "building the pages")
    (NEW / STAMP).write_text(built)
    old = NEW.with_name(".husk-dist-old")
    shutil.rmtree(old, ignore_errors=True)
    if DIST.exists():
        DIST.rename(old)
    NEW.rename(DIST)
    shutil.rmtree(old, ignore_errors=True)


def install_packages(npm: str) -> None:
    """Install what the pages are built and checked with, unless it is as the lock file says.

    Raises:
        CannotInstall: one line.
    """
    if not _has_packages():
        command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        _run(command, npm, "installing the pages' packages")


def find_npm() -> str:
    """An ``npm`` whose Node.js the pages can be built with."""
    found = shutil.which("npm")
    if found is None or _node_version(found) < _wanted():
        found = str(VENV / "bin" / "npm")
        if _node_version(found) < _wanted():
            uv = install.own_or_found_uv()
            options = ["--quiet", "--frozen", "--inexact", "--no-dev", "--extra", "frontend"]
            install.call([uv, "sync", *options], "installing Node.js")
    return found


def _wanted() -> tuple[int, int]:
    named = json.loads((HOME / "package.json").read_text()).get("engines", {}).get("node", "")
    return _pair(named)


def _node_version(npm: str) -> tuple[int, int]:
    try:
        told = subprocess.run(
            [str(Path(npm).with_name("node")), "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    return _pair(told.stdout)


def _pair(text: str) -> tuple[int, int]:
    found = re.search(r"(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def _has_packages() -> bool:
    """npm notes what it installed; it is newer than the lock file that it was made from."""
    noted = HOME / "node_modules" / ".package-lock.json"
    return noted.is_file() and noted.stat().st_mtime >= (HOME / "package-lock.json").stat().st_mtime


def _run(argv: list[str], npm: str, what: str) -> None:
    path = os.pathsep.join([str(Path(npm).parent), str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    environ = {**os.environ, "PATH": path, "CI": "1", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            argv,
            cwd=HOME,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LATEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotInstall(f"{what} took longer than {LATEST_S} s") from None
    if done.returncode != 0:
        last = " | ".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise CannotInstall(f"{what} failed: {last}")


def main() -> int:
    """0 also where the pages could not be built: Husk runs without them. ``--strict``: then 1."""
    if not (HOME / "package.json").is_file() or is_built():
        return 0
    began = time.monotonic()
    say("building the pages (the first time takes a while)")
    try:
        build()
    except (CannotInstall, OSError) as error:
        say(f"husk: {error}\nhusk: the pages are not built; the API and the command line work without them")
        return 1 if "--strict" in sys.argv else 0
    say(f"built the pages in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
