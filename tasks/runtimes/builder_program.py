"""What a builder container runs, given to its Python as text: fills the folder of one environment, and ends.

Standard library only, and nothing of Husk. Standard input is one line of JSON, ``Order``, and stays open:
its end means that whoever ordered is gone, and ends this. What it says are lines of progress; the last
one before an exit code that is not 0 begins with ``SAID`` and is the reason.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import Any

HOME = pathlib.Path("/opt/husk/environment")
CACHE = pathlib.Path("/opt/husk/uv/cache")
LIBRARY = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
RUNNER = f"/opt/husk/runner/{LIBRARY}"
BEHIND = (RUNNER, "/opt/husk/code/runner")
"""On the path after the environment's own packages."""
UV, PYTHON = "/opt/husk/uv/uv", "/usr/bin/python3"
AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
WORK = pathlib.Path("/tmp")  # noqa: S108 (the container's own)
SAID = "! "
INSTALLER = "installer"
"""For a reason that is in the installer's own last lines."""
TIME, SIZE = "time", "size"
AGAIN = "again"
"""It begins anew: what was said before does not count."""
ANSWERED = "= "
"""Before each line of a lock that was asked for."""
NO_ORDER, DESERTED, FAILED = 3, 4, 5
LOOK_S = 0.25
PR_SET_DUMPABLE = 4
FETCH_S = "15"


class Refused(Exception):
    """The reason, as a sentence for people."""


class Watch(threading.Thread):
    """Ends everything when the time is over, too much was written, or who ordered is gone."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.most_bytes = int(order["most_bytes"])
        self.until = time.monotonic() + float(order["timeout_s"])
        self.began = time.time() - 1
        self.free = _free()
        self.child: subprocess.Popen[str] | None = None
        self.reason = ""

    def run(self) -> None:
        """The thread's body."""
        while not self.reason:
            time.sleep(LOOK_S)
            if time.monotonic() > self.until:
                self.stop(TIME)
            elif self.free - _free() > self.most_bytes and self.grown() > self.most_bytes:
                self.stop(SIZE)

    def grown(self) -> int:
        """Bytes of the environment, and of what was fetched since the beginning."""
        return _size(HOME) + _size(CACHE, self.began)

    def stop(self, reason: str) -> None:
        """End the step that runs; the next does not begin."""
        self.reason = reason
        child = self.child
        if child is not None:
            with contextlib.suppress(OSError):
                os.killpg(child.pid, signal.SIGKILL)


def _free() -> int:
    found = os.statvfs(HOME)
    return found.f_bfree * found.f_frsize


def _size(top: pathlib.Path, since: float = 0.0) -> int:
    total = 0
    for folder, _, names in os.walk(top):
        for name in names:
            with contextlib.suppress(OSError):
                found = os.lstat(f"{folder}/{name}")
                if found.st_ctime >= since:
                    total += found.st_blocks * 512
    return total


def say(line: str) -> None:
    """A line of progress."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def call(watch: Watch, argv: list[str], env: dict[str, str], folder: pathlib.Path | None = None) -> int:
    """Run a step in a folder, copying what it says; its exit code, negative for a signal.

    Raises:
        Refused: it was ended.
    """
    if watch.reason:
        raise Refused(watch.reason)
    with subprocess.Popen(
        argv,
        env=env,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        watch.child = child
        if watch.reason:
            watch.stop(watch.reason)
        assert child.stdout is not None
        for line in child.stdout:
            # Nobody but this program says how it ends.
            say(line.rstrip()[:2000].lstrip("!="))
    watch.child = None
    if watch.reason:
        raise Refused(watch.reason)
    return child.returncode


def environ(order: dict[str, Any]) -> dict[str, str]:
    """What uv is told beside its arguments: it shows up in no list of processes."""
    bundle = WORK / "authorities.pem"
    bundle.write_text(AUTHORITIES.read_text() + (order.get("authorities") or ""))
    told = {
        **{"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(WORK), "TMPDIR": str(WORK)},
        **{"UV_CACHE_DIR": str(CACHE), "UV_NO_CONFIG": "1", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"},
        **{
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_LINK_MODE": "copy",
            "UV_HTTP_TIMEOUT": FETCH_S,
            "UV_HTTP_RETRIES": "2",
        },
        **{"SSL_CERT_FILE": str(bundle), "UV_KEYRING_PROVIDER": "disabled"},
    }
    if order.get("index"):
        told["UV_DEFAULT_INDEX"] = order["index"]
    if order.get("more_indexes"):
        told["UV_INDEX"] = order["more_indexes"]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        if order.get("proxy"):
            told[name] = order["proxy"]
    return told


def lacking(pins: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those pins that the image does not hold in that version."""
    held = {}
    for found in importlib.metadata.distributions(path=[RUNNER]):
        held[re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()] = found.version
    return [pin for pin in pins if held.get(pin["name"]) != pin["version"]]


def make(watch: Watch, env: dict[str, str]) -> None:
    """An empty virtualenv. Raises ``Refused``."""
    if not os.path.exists(UV):  # noqa: PTH110
        raise Refused("this image has no installer: build it anew with `husk image build`")
    if call(watch, [UV, "venv", "--quiet", "--allow-existing", "--python", PYTHON, str(HOME)], env) != 0:
        raise Refused("the virtualenv could not be made")


def install(watch: Watch, order: dict[str, Any], wanted: list[dict[str, Any]], env: dict[str, str]) -> None:
    """Put the packages there. Raises ``Refused``."""
    listed = WORK / "requirements.txt"
    listed.write_text("".join(_line(pin) for pin in wanted))
    argv = [UV, "pip", "sync", "--python", str(HOME / "bin/python"), "--require-hashes"]
    argv += ["--allow-empty-requirements", "--no-compile-bytecode"]
    argv += [] if order["allow_sdist"] else ["--only-binary", ":all:"]
    code = call(watch, [*argv, str(listed)], env)
    if code == -signal.SIGKILL:
        raise Refused("the build was ended by the system, for want of memory: HUSK_BUILD_MEMORY_GB")
    if code != 0:
        raise Refused(INSTALLER)


def _line(pin: dict[str, Any]) -> str:
    marker = f" ; {pin['marker']}" if pin["marker"] else ""
    hashes = "".join(f" --hash=sha256:{one}" for one in pin["hashes"])
    return f"{pin['name']}=={pin['version']}{marker}{hashes}\n"


def packages_of() -> pathlib.Path:
    """Where the environment's own packages are."""
    return HOME / LIBRARY


def module(order: dict[str, Any], name: str) -> Any:
    """A module that came with the order: the same that looks at, and compiles, environments of processes."""
    path = WORK / f"{name}.py"
    path.write_text(order["modules"][name])
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    # Where dataclasses look for it.
    made = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def finish(watch: Watch, order: dict[str, Any]) -> None:
    """Compiled, with what is behind it on the path, and on the disk. Raises ``Refused``."""
    # By a Python that reads nothing of what was installed: a package's .pth would run here.
    argv = [PYTHON, "-I", "-S", str(WORK / "bytecode.py"), str(HOME / "lib"), str(CACHE / "husk-bytecode")]
    call(watch, [*argv, str(order["jobs"])], {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(WORK)})
    own = packages_of() / "husk.pth"
    own.unlink(missing_ok=True)
    own.write_text("".join(f"{line}\n" for line in BEHIND))
    (HOME / "husk.json").write_text(json.dumps({"digest": order["digest"]}))
    call(watch, ["/usr/bin/sync", "-f", str(HOME)], {"PATH": "/usr/bin:/bin"})


def sweep() -> None:
    """Remove what builders that were cut off have left in the cache, unless another one is at work there: uv
    holds its lock as long as it uses it."""
    with contextlib.suppress(OSError), (CACHE / ".lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in CACHE.glob(".tmp*"):
            shutil.rmtree(left, ignore_errors=True)


def ask(watch: Watch, order: dict[str, Any]) -> None:
    """Make a lock: the first question that has an answer. Raises ``Refused``."""
    env = environ(order)
    for question in order["questions"]:
        say(f"{SAID}{AGAIN}")
        for name, text in question["files"].items():
            (WORK / name).write_text(text)
        if call(watch, [UV, *question["argv"]], env, WORK) == 0:
            for line in (WORK / order["answer"]).read_text().splitlines():
                say(f"{ANSWERED}{line}")
            return
    raise Refused(INSTALLER)


def fill(watch: Watch, order: dict[str, Any]) -> None:
    """Build all of the environment. Raises ``Refused``."""
    wanted = lacking(order["pins"])
    say(f"{len(wanted)} of {len(order['pins'])} packages are to be installed, the image has the others")
    env, inspection = environ(order), module(order, "inspection")
    (WORK / "bytecode.py").write_text(order["modules"]["bytecode"])
    make(watch, env)
    before = inspection.skeleton(HOME)
    install(watch, order, wanted, env)
    try:
        inspection.inspect(HOME, before, watch.most_bytes)
    except inspection.Unfit as error:
        raise Refused(f"the environment was not kept: {error}") from None
    say("compiling modules")
    finish(watch, order)
    say("it is whole")


def follow() -> None:
    """A thread's body: who ordered is gone when standard input ends."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    os._exit(DESERTED)


def read_line() -> bytes:
    """The first line, byte for byte what is before its end: the rest stays for ``follow``."""
    text = b""
    while not text.endswith(b"\n"):
        piece = os.read(0, 65_536)
        if not piece:
            return b""
        text += piece
    return text


def main() -> int:
    """The exit code; 0: it is whole."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    line = read_line()
    if not line:
        return NO_ORDER
    order = json.loads(line)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(DESERTED))
    most = int(order["most_bytes"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=follow, daemon=True).start()
    watch = Watch(order)
    watch.start()
    try:
        sweep()
        if "questions" in order:
            ask(watch, order)
        else:
            fill(watch, order)
    except Refused as refused:
        say(f"{SAID}{refused}")
        return FAILED
    except OSError as error:
        say(f"{SAID}{error.strerror or type(error).__name__}")
        return FAILED
    return 0


if __name__ == "__main__":
    # Threads may be waiting for ever.
    code = main()
    sys.stdout.flush()
    os._exit(code)
