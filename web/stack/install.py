"""``python3 -I web/stack/install.py run|test|bench`` makes ``.venv`` as ``uv.lock`` says, unless it is so.

Runs on a bare machine, so with any Python 3 and nothing of Husk's: all it says is one clear line.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
VENV = TOP / ".venv"
OWN = ("broker_config", "tasks", "kernel_worker", "web", "tests")
OLDEST, NEWEST = (3, 11), (3, 13)
RUN = ["--extra", "embedded", "--no-dev"]
TEST = ["--extra", "embedded", "--extra", "postgres", "--group", "dev"]
KINDS = {"run": RUN, "test": TEST, "bench": [*TEST, "--group", "bench"]}
# What is installed for the key serves the others, too.
INCLUDES = {"run": ["run"], "test": ["run", "test"], "bench": ["run", "test", "bench"]}
UNREACHABLE = re.compile(
    r"error sending request|failed to fetch|dns error|connection refused|timed out|timeout|"
    r"could not connect|failed to establish a new connection|no matching distribution",
    re.IGNORECASE,
)
ASK = (
    "import json, os, sys; "
    "print(json.dumps([list(sys.version_info[:2]), os.path.realpath(sys.executable), sys.base_prefix]))"
)


class CannotInstall(Exception):
    """One clear line."""


def say(text: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{text}\n")


def fingerprint(kind: str) -> str:
    """Changes whenever what has to be installed may have changed."""
    digest = hashlib.sha256(" ".join(KINDS[kind]).encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((TOP / name).read_bytes())
    return digest.hexdigest()


def is_done(kind: str) -> bool:
    """Whether an earlier run installed this already."""
    stamp = VENV / f"husk-{kind}.stamp"
    return (VENV / "bin" / "python").exists() and stamp.is_file() and stamp.read_text() == fingerprint(kind)


def interpreters() -> "list[str]":
    """Pythons to choose from, the best first."""
    named = [shutil.which(f"python3.{minor}") for minor in (13, 12, 11)]
    own = [sys.executable, *(path for path in named if path)]
    # Kernels' two users can be apart only where both may run the interpreter: not below root's home.
    return ["/usr/bin/python3", "/usr/local/bin/python3", *own] if os.geteuid() == 0 else own


def is_open_to_all(path: str) -> bool:
    """Whether every user may go down to ``path``."""
    return all(parent.stat().st_mode & 0o001 for parent in Path(path).resolve().parents)


def about(python: str) -> "tuple[tuple[int, int], str, str] | None":
    """Version, real path and prefix of an interpreter; None if it does not run."""
    try:
        told = subprocess.run(
            [python, "-I", "-c", ASK], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version, executable, prefix = json.loads(told.stdout)
    return (version[0], version[1]), executable, prefix


def choose_python() -> str:
    """The interpreter of ``.venv``."""
    known = [(python, about(python)) for python in interpreters()]
    fitting = [(python, found) for python, found in known if found and OLDEST <= found[0] <= NEWEST]
    if not fitting:
        raise CannotInstall(f"needs Python 3.11 to 3.13: `python3` is {platform.python_version()}")
    for python, (_version, executable, prefix) in fitting:
        if is_open_to_all(executable) and is_open_to_all(prefix + "/lib"):
            return python
    return fitting[0][0]


def call(argv: "list[str]", what: str) -> None:
    """Run a step of the installation; its output is shown only if it fails."""
    environ = {"UV_HTTP_TIMEOUT": "30", **os.environ, "UV_PROJECT_ENVIRONMENT": str(VENV)}
    environ.pop("VIRTUAL_ENV", None)
    done = subprocess.run(argv, cwd=str(TOP), env=environ, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    if UNREACHABLE.search(done.stderr):
        raise CannotInstall(f"{what}: the package registry cannot be reached; check network, proxy and index")
    last = " | ".join(done.stderr.strip().splitlines()[-3:])
    raise CannotInstall(f"{what} failed: {last}")


def make_venv(python: str) -> str:
    """Make ``.venv`` unless there is one that runs; returns the ``uv`` to go on with."""
    uv = own_or_found_uv()
    runs = about(str(VENV / "bin" / "python"))
    if not (runs and OLDEST <= runs[0] <= NEWEST):
        shutil.rmtree(str(VENV), ignore_errors=True)
        if runs_at_all(uv):
            call(
                [uv, "venv", "--quiet", "--python", python, "--no-python-downloads", str(VENV)],
                "making .venv",
            )
        else:
            plain_venv(python)
    if not runs_at_all(uv):
        say("installing uv into .venv")
        install_uv(python)
    return uv


def own_or_found_uv() -> str:
    """The ``uv`` on PATH, else where ours will be."""
    found = shutil.which("uv")
    return found if found and runs_at_all(found) else str(VENV / "bin" / "uv")


def runs_at_all(uv: str) -> bool:
    """Whether ``uv`` is there and answers: a shim on PATH may lead nowhere."""
    try:
        return subprocess.run([uv, "--version"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def plain_venv(python: str) -> None:
    """``.venv`` without uv; with pip where Python ships it."""
    with_pip = subprocess.run([python, "-m", "venv", str(VENV)], capture_output=True, check=False)
    if with_pip.returncode != 0:
        call([python, "-m", "venv", "--clear", "--without-pip", str(VENV)], "making .venv")


def install_uv(python: str) -> None:
    """uv into ``.venv``: by its own pip, else by the system's."""
    inside = str(VENV / "bin" / "python")
    for argv in ([inside, "-m", "pip"], [python, "-m", "pip", "--python", inside]):
        there = subprocess.run([*argv, "--version"], capture_output=True, check=False)
        if there.returncode == 0:
            call([*argv, "install", "--quiet", "uv"], "installing uv")
            return
    raise CannotInstall("needs uv, or Python's venv with pip (on Debian: apt-get install python3-venv)")


def install(kind: str) -> None:
    """Make what ``kind`` needs."""
    began = time.monotonic()
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise CannotInstall(f"runs on Linux x86_64; this is {sys.platform} {platform.machine()}")
    if not os.access(str(TOP), os.W_OK):
        raise CannotInstall(f"{TOP} cannot be written")
    uv = make_venv(choose_python())
    say("installing packages from uv.lock (the first time takes a while)")
    call(
        [uv, "sync", "--quiet", "--frozen", "--inexact", "--compile-bytecode", *KINDS[kind]],
        "installing packages",
    )
    for name in INCLUDES[kind]:
        (VENV / f"husk-{name}.stamp").write_text(fingerprint(name))
    say(f"installed in {time.monotonic() - began:.1f} s")


def compile_own() -> None:
    """Bytecode of this checkout, where its sources changed: a kernel's user cannot write it at each start.

    Where it cannot be kept, nothing is said: all works, a little slower.
    """
    sources = []
    for package in OWN:
        for folder, folders, names in os.walk(str(TOP / package)):
            folders[:] = [name for name in folders if name not in {"node_modules", "__pycache__"}]
            sources += [str(Path(folder, name)) for name in names if name.endswith(".py")]
    argv = [str(VENV / "bin" / "python"), "-m", "compileall", "-qq", "-j", "0", "-i", "-"]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(argv, input="\n".join(sources), text=True, timeout=120, check=False)


def main(kind: str) -> int:
    """Exit code 0, or 1 after one line that says why."""
    try:
        if not is_done(kind):
            install(kind)
        compile_own()
    except CannotInstall as error:
        say(f"husk: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
