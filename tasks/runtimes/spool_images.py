"""Spools as file systems of their own: a sparse file of ext4 per kernel, on a loop device while it is used.

So bytes, files, files without a name and space set aside are all bounded by the file system, and not by a
look at it from time to time. It takes root on the engine's own host.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from broker_config.settings import Settings
from broker_config.wire.errors import KernelStartFailed
from tasks.runtimes.identities import AGENT_UID, RUNNER_UID

LOOPS = Path("/dev/loop-control")
TOOLS = ("mkfs.ext4", "losetup", "unshare", "mount")
OPTIONS = f"nosuid,nodev,noatime,discard,resuid={AGENT_UID}"
"""``resuid``: what is held back is the agent's: it can say how a cell ended whose code filled the disk."""
BYTES_PER_FILE = 16 * 1024
FORMAT = (
    *("-q", "-F", "-i", str(BYTES_PER_FILE), "-m", "3", "-J", "size=8"),
    # A new file is zeros: nothing is written to it that need not be.
    *("-E", "nodiscard,assume_storage_prezeroed=1"),
)
LEAST_BYTES = 64 * 1024 * 1024
TRIAL = "trial"
PIECE = 1024 * 1024
MOUNT_AND_FILL = 'mount -t ext4 -o "$1" "$2" "$3" && exec "$4" -I -c "$5" "$3/runner/full" "$6"'
FILL = """
import errno, os, sys
try:
    with open(sys.argv[1], "wb", buffering=0) as file:
        for _ in range(int(sys.argv[2])):
            file.write(bytes(1 << 20))
        os.fsync(file.fileno())
except OSError as error:
    print("full" if error.errno == errno.ENOSPC else error)
"""
COMMAND_S = 60.0
GB = 1_000_000_000


class SpoolImages:
    """The files, in the data folder, and the loop devices that they are attached to. Connects to nothing.

    A host that refuses, a full disk or a tool that fails is ``KernelStartFailed``, of any method.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.data_dir.resolve() / "spools"

    @property
    def bytes(self) -> int:
        """Size of a new one: what a kernel's files may come to, with the file system's own part."""
        return max(LEAST_BYTES, int(self._settings.kernel_disk_gb * GB))

    def path(self, uid: str) -> Path:
        """Where a kernel's file is."""
        return self._folder / f"{uid}.ext4"

    def make(self, uid: str) -> None:
        """Make the file with its file system and the folders of agent and runner; leave one that is there."""
        if not self.path(uid).exists():
            self._build(self.path(uid), self.bytes)

    def attach(self, uid: str) -> str:
        """The loop device of a kernel's file, attached if it was not."""
        path = self.path(uid)
        if not path.exists():
            raise KernelStartFailed(f"the kernel's disk is gone: there is no {path}. Delete the kernel")
        return self._attached(path) or _run("losetup", "--find", "--show", "--nooverlap", str(path)).strip()

    def let_go(self, uid: str) -> None:
        """Have the device detached as soon as nothing is mounted from it."""
        device = self._attached(self.path(uid))
        if device is not None:
            _run("losetup", "--detach", device)

    def remove(self, uid: str) -> None:
        """Remove the file with all that is in it."""
        self.let_go(uid)
        self.path(uid).unlink(missing_ok=True)

    def try_out(self) -> bool:
        """Whether a small one gets full: mounted where no other process sees it, and gone with its child."""
        image, top = self.path(TRIAL), self._folder / TRIAL
        self._build(image, LEAST_BYTES)
        try:
            top.mkdir(exist_ok=True)
            pieces = str(LEAST_BYTES // PIECE + 1)
            given = (f"loop,{OPTIONS}", str(image), str(top), sys.executable, FILL, pieces)
            return _run("unshare", "--mount", "sh", "-c", MOUNT_AND_FILL, "sh", *given).strip() == "full"
        finally:
            image.unlink(missing_ok=True)
            top.rmdir()

    def _attached(self, path: Path) -> str | None:
        listed = _run("losetup", "--list", "--noheadings", "--output", "NAME", "--associated", str(path))
        return next(iter(listed.split()), None)

    def _build(self, target: Path, size: int) -> None:
        """Beside its place, and moved there when it is whole."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="new-") as place:
                image, top = Path(place) / "image", Path(place) / "top"
                _skeleton(top)
                with image.open("wb") as file:
                    file.truncate(size)
                image.chmod(0o600)
                _run("mkfs.ext4", *FORMAT, "-d", str(top), str(image))
                image.replace(target)
        except OSError as error:
            raise KernelStartFailed(f"the kernel's disk could not be made: {error.strerror}") from None


def why_not(engine_root: str) -> str:
    """Why spools cannot be files of this host, in words; "" when they can.

    ``engine_root``: the folder in which the engine says that it keeps everything.
    """
    if os.geteuid() != 0:
        return "the lifecycle worker is not root"
    missing = [name for name in TOOLS if shutil.which(name, path=_path()) is None]
    if missing:
        return f"there is no {' and no '.join(missing)} here"
    if not LOOPS.exists():
        return "there are no loop devices here"
    if not (Path(engine_root) / "volumes").is_dir():
        return "the lifecycle worker does not run on the engine's host"
    return ""


def _skeleton(top: Path) -> None:
    top.mkdir()
    top.chmod(0o755)
    for name, uid in (("agent", AGENT_UID), ("runner", RUNNER_UID), ("shared", RUNNER_UID)):
        (top / name).mkdir(mode=0o700)
        os.chown(top / name, uid, uid)


def _run(*command: str) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
            env={"PATH": _path(), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise KernelStartFailed(f"{command[0]} did not end within {COMMAND_S:g} s") from None
    if done.returncode != 0:
        raise KernelStartFailed(f"the kernel's disk: {done.stderr.strip()[-300:] or command[0] + ' failed'}")
    return done.stdout


def _path() -> str:
    """With where such tools are, which is not on everybody's path."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
