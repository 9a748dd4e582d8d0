"""``python -I -S bytecode.py FOLDER CACHE PROCESSES``: bytecode of all modules below a folder.

Kernels' users cannot write into an environment, so each start would compile anew what was not compiled here.
Nothing of what is compiled runs: no package, no ``.pth`` file. Bytecode is kept by its source's content, and
linked from there: packages of one version are compiled once for all environments. Standard library alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import marshal
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

# Nobody imports packages' own tests; they are a third of all modules.
LEFT_OUT = frozenset({"tests", "__pycache__"})
LONGEST = 10_000_000
PR_SET_PDEATHSIG = 1
UNCHECKED = (1).to_bytes(4, "little")


def main(folder: Path, cache: Path, processes: int) -> None:
    """Share the modules among so many processes, of which one that dies harms nothing but its share."""
    kept = cache / f"{sys.implementation.cache_tag}-{importlib.util.MAGIC_NUMBER.hex()}"
    kept.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    children, parent = [], os.getpid()
    for share in range(processes):
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(Exception):
                end_with(parent)
                compile_share(folder, kept, share, processes)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


def end_with(parent: int) -> None:
    """End when ``parent`` does: else who was killed would still write into what others remove by then."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def compile_share(folder: Path, kept: Path, share: int, shares: int) -> None:
    """Every ``shares``-th module, from the ``share``-th on."""
    for at, source in enumerate(modules(folder)):
        if at % shares == share:
            with contextlib.suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                compile_one(source, kept)


def modules(folder: Path) -> Iterator[Path]:
    """Python's files, in one order for all processes."""
    for inside, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        for name in sorted(files):
            if name.endswith(".py"):
                yield Path(inside, name)


def compile_one(source: Path, kept: Path) -> None:
    """Raises what ``compile`` does for a module that is none."""
    data = source.read_bytes()
    if len(data) > LONGEST:
        return
    name = hashlib.sha256(data).hexdigest()
    ready = f"{kept}/{name[:2]}/{name}"
    target = importlib.util.cache_from_source(str(source))
    try:
        os.link(ready, target)
    except OSError:
        make(data, source, Path(ready))
        place(ready, Path(target))


def make(data: bytes, source: Path, ready: Path) -> None:
    """The bytecode of ``data``, kept as ``ready`` unless it is there."""
    if not ready.exists():
        code = compile(data, source.name, "exec", dont_inherit=True, optimize=0)
        # Found by content, so whoever loads it need not look at the source again (PEP 552).
        head = importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(data)
        write(ready, head + marshal.dumps(code))


def place(ready: str, target: Path) -> None:
    """Put it where Python looks, in place of what a package brought there."""
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(ready)
    except OSError:  # another disk, or as many links as it can have: empty modules are all alike
        shutil.copyfile(ready, target)


def write(path: Path, data: bytes) -> None:
    """Whole or not at all, whoever else writes the same."""
    path.parent.mkdir(exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(fresh).chmod(0o644)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
