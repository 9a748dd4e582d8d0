"""What a builder container runs, given to its Python as text: fills the folder of one environment, and ends.

Standard library only, and nothing of Husk. Standard input is one line of JSON, ``Order``, and stays open:
its end means that whoever ordered is gone, and ends this. What it says are lines of progress; the last
one before an exit code that is not 0 begins with ``SAID`` and is the reason.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import json
import os
import pathlib
import re
import resource
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
NO_ORDER, DESERTED, FAILED = 3, 4, 5
LOOK_S = 0.25
TESTS = r"/(tests?|testing/data)/"
PR_SET_DUMPABLE = 4
REACHES_OUT = re.compile(r"^(/|\.\.(/|$))|/\.\.(/|$)")
FETCH_S = "30"


class Refused(Exception):
    """The reason, as a sentence for people."""


class Watch(threading.Thread):
    """Ends everything when the time is over, too much was written, or who ordered is gone."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.most_bytes = int(order["most_bytes"])
        self.until = time.monotonic() + float(order["timeout_s"])
        self.timeout_s = float(order["timeout_s"])
        self.began = time.time() - 1
        self.free = _free()
        self.child: subprocess.Popen[str] | None = None
        self.reason = ""

    def run(self) -> None:
        """The thread's body."""
        while not self.reason:
            time.sleep(LOOK_S)
            if time.monotonic() > self.until:
                self.stop(f"it took longer than {self.timeout_s:g} s")
            elif self.free - _free() > self.most_bytes and self.grown() > self.most_bytes:
                self.stop(too_large(self.most_bytes))

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


def too_large(most: int) -> str:
    """Of an environment over its bound."""
    return f"its packages come to more than {most / 1e9:.2f} GB (HUSK_ENVIRONMENT_MAX_GB)"


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


def call(watch: Watch, argv: list[str], env: dict[str, str]) -> int:
    """Run a step, what it says copied; its exit code, negative for a signal. Raises ``Refused``."""
    if watch.reason:
        raise Refused(watch.reason)
    with subprocess.Popen(
        argv,
        env=env,
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
            say(line.rstrip()[:2000].removeprefix(SAID))
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
        **{"UV_PYTHON_DOWNLOADS": "never", "UV_LINK_MODE": "copy", "UV_HTTP_TIMEOUT": FETCH_S},
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


def install(watch: Watch, order: dict[str, Any], wanted: list[dict[str, Any]]) -> None:
    """Make the virtualenv and put the packages there. Raises ``Refused``."""
    if not os.path.exists(UV):  # noqa: PTH110
        raise Refused("this image has no installer: build it anew with `husk image build`")
    env = environ(order)
    if call(watch, [UV, "venv", "--quiet", "--allow-existing", "--python", PYTHON, str(HOME)], env) != 0:
        raise Refused("the virtualenv could not be made")
    if wanted:
        listed = WORK / "requirements.txt"
        listed.write_text("".join(_line(pin) for pin in wanted))
        argv = [UV, "pip", "sync", "--python", str(HOME / "bin/python"), "--require-hashes"]
        argv += [] if order["allow_sdist"] else ["--only-binary", ":all:"]
        code = call(watch, [*argv, str(listed)], env)
        if code == -signal.SIGKILL:
            raise Refused("the installer was ended by the system: out of memory (HUSK_BUILD_MEMORY_GB)")
        if code != 0:
            raise Refused("the installer failed")


def _line(pin: dict[str, Any]) -> str:
    marker = f" ; {pin['marker']}" if pin["marker"] else ""
    hashes = "".join(f" --hash=sha256:{one}" for one in pin["hashes"])
    return f"{pin['name']}=={pin['version']}{marker}{hashes}\n"


def packages_of() -> pathlib.Path:
    """Where the environment's own packages are."""
    return HOME / LIBRARY


def inspect() -> None:
    """Raises ``Refused``: what was installed reaches out of the environment."""
    home = os.path.realpath(HOME)
    for folder, folders, names in os.walk(packages_of()):
        for name in (*folders, *names):
            found = f"{folder}/{name}"
            if os.path.islink(found) and not os.path.realpath(found).startswith(f"{home}/"):  # noqa: PTH114
                raise Refused(f"a package has a link that leads out of the environment: {name[:200]}")
    for path in packages_of().glob("*.pth"):
        for line in path.read_text(errors="replace").splitlines():
            if REACHES_OUT.search(line.strip()) and not line.startswith(("import ", "import\t")):
                raise Refused(f"{path.name[:200]} of a package puts a folder outside on the path")


def finish(watch: Watch, order: dict[str, Any]) -> None:
    """What is behind it on the path; compiled, and on the disk. Raises ``Refused``."""
    own = packages_of() / "zz-husk.pth"
    own.unlink(missing_ok=True)
    own.write_text("".join(f"{line}\n" for line in BEHIND))
    # By a Python that reads nothing of what was installed: a package's .pth would run here.
    argv = [PYTHON, "-I", "-S", "-m", "compileall", "-q", "-j", str(order["jobs"]), "-x", TESTS]
    argv += ["--invalidation-mode", "unchecked-hash", str(packages_of())]
    call(watch, argv, {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(WORK)})
    if _size(HOME) > int(order["most_bytes"]):
        raise Refused(too_large(int(order["most_bytes"])))
    (HOME / "husk.json").write_text(json.dumps({"digest": order["digest"]}))
    call(watch, ["/usr/bin/sync", "-f", str(HOME)], {"PATH": "/usr/bin:/bin"})


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
        wanted = lacking(order["pins"])
        say(f"{len(wanted)} of {len(order['pins'])} packages are to be installed, the image has the others")
        install(watch, order, wanted)
        inspect()
        say("compiling")
        finish(watch, order)
    except Refused as refused:
        say(f"{SAID}{refused}")
        return FAILED
    except OSError as error:
        say(f"{SAID}{error.strerror or type(error).__name__}")
        return FAILED
    say("it is whole")
    return 0


if __name__ == "__main__":
    # Threads may be waiting for ever.
    code = main()
    sys.stdout.flush()
    os._exit(code)
