"""Files of the runner on the spool volume: new ones without a name, and received ones kept open for scans."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import BinaryIO

from kernel_worker.runner.spares import Spares
from kernel_worker.runner.text import clean

HIDDEN = ".husk"
MOST_KEPT = 256
BUFFER_BYTES = 1024 * 1024


class Spool:
    """``folder`` is the runner's own, on the volume: ``/tmp`` is memory in a container."""

    def __init__(self, folder: Path, spares: Spares) -> None:
        self._folder = folder / HIDDEN
        self._spares = spares
        self._numbers = itertools.count(1)
        _clear(self._folder)  # a runner before this one left it

    def new_file(self, by_path: bool = False) -> int:
        """Descriptor of a new file, readable and writable, gone when it is closed.

        ``by_path``: it can be opened for writing by ``path_of`` too, which a spare of the agent's cannot.
        """
        spare = None if by_path else self._spares.take()
        if spare is not None:
            return spare
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # not every file system knows files without a name
            return os.open(self._folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        path = self._folder / os.urandom(16).hex()
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        path.unlink()
        return fd

    def new_shelf(self) -> Shelf:
        """A place for what one namespace keeps open."""
        return Shelf(self._folder / f"inputs-{next(self._numbers)}")


class Shelf:
    """Received files of one namespace by their SHA-256, each under a path that leads to no other file.

    A lazy frame reads its file by that path, long after it was made. Of more than ``MOST_KEPT`` files the
    one asked for longest ago is let go: a scan of it then says that its file is gone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fds: OrderedDict[str, int] = OrderedDict()
        self._changing = threading.Lock()

    def put(self, sha256: str, fd: int) -> str:
        """Take over a descriptor; the path by which its file is read."""
        with self._changing:
            known = self._fds.setdefault(sha256, fd)
            if known != fd:
                os.close(fd)
            self._fds.move_to_end(sha256)
            while len(self._fds) > MOST_KEPT:
                self._let_go(next(iter(self._fds)))
            return self._linked(sha256, known)

    def close(self) -> None:
        """Let go of all."""
        while self._fds:
            self._let_go(next(iter(self._fds)))
        _clear(self._folder)

    def _linked(self, sha256: str, fd: int) -> str:
        path = self._folder / f"{clean(sha256, 64)}.parquet"
        target = path_of(fd)
        with contextlib.suppress(OSError):
            if str(path.readlink()) == target:
                return str(path)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        return str(path)

    def _let_go(self, sha256: str) -> None:
        fd = self._fds.pop(sha256)
        (self._folder / f"{clean(sha256, 64)}.parquet").unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # user code closes what it finds
            os.close(fd)


def path_of(fd: int) -> str:
    """A path that opens the file of a descriptor, also one that has no name or lies in a closed folder."""
    return f"/proc/self/fd/{fd}"


def writing(fd: int) -> BinaryIO:
    """A file for libraries that write; closing it leaves the descriptor open."""
    return open(fd, "wb", BUFFER_BYTES, closefd=False)


def written(fd: int) -> int:
    """Close a descriptor that writes; another of the same file, from its beginning, that only reads.

    What nobody can write to any more need not be copied by the agent.
    """
    try:
        return os.open(path_of(fd), os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(fd)


def _clear(folder: Path) -> None:
    """Remove a folder of ours with the files and folders of files in it. Not more: user code writes there."""
    with contextlib.suppress(OSError):
        if folder.is_symlink():
            folder.unlink()
            return
        for path in list(folder.iterdir()):
            with contextlib.suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    _clear(path)
                else:
                    path.unlink()
        folder.rmdir()
