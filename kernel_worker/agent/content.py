"""Stored files by their SHA-256, so that what this kernel wrote or read is read again without the store.

Names are sums, so a file is right for ever. What is kept is bounded; what was used last stays longest, over
restarts too. Nothing is here that the store does not have.
"""

from __future__ import annotations

import os
import re
import threading
import uuid
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from kernel_worker.agent.spares import READABLE

SUM = re.compile(r"[0-9a-f]{64}", re.ASCII)
MOST_FILES = 100_000
COMING, GOING = "coming-", "going-"


class Content:
    """The folder, made and read when it is first used. Safe in threads of one process."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] | None = None
        self._total = 0
        self._going: list[Path] = []

    def open(self, sha256: str) -> int | None:
        """A descriptor that reads this file, which the caller closes; None when it is not here."""
        with self._lock:
            sizes = self._read()
            if sha256 not in sizes:
                return None
            path = self._folder / sha256
            try:
                fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                self._total -= sizes.pop(sha256)
                return None
            sizes.move_to_end(sha256)
            with suppress(OSError):
                os.utime(path)  # the order of use, for the next process
            return fd

    def add(self, path: Path, sha256: str, size: int, sweeps: bool = True) -> None:
        """Take a stored file over: it is moved here, or removed where it is here already or too large.

        ``sweeps`` False: what has to go for it stays on the disk until ``sweep``. To remove a large file
        takes a while.
        """
        with self._lock:
            sizes = self._read()
            if sha256 in sizes or size > self._limit_bytes or not SUM.fullmatch(sha256):
                path.unlink(missing_ok=True)
                return
            path.chmod(READABLE)
            path.rename(self._folder / sha256)
            sizes[sha256] = size
            self._total += size
            self._evict(0)
        if sweeps:
            self.sweep()

    def sweep(self) -> None:
        """Remove from the disk what has to go."""
        with self._lock:
            going, self._going = self._going, []
        for path in going:
            path.unlink(missing_ok=True)

    def coming(self, size: int) -> Path:
        """A name for a file of ``size`` bytes that is to be fetched; room is made for it."""
        with self._lock:
            self._read()
            self._evict(min(size, self._limit_bytes))
        self.sweep()
        return self._folder / f"{COMING}{uuid.uuid4().hex}"

    def make_room(self) -> bool:
        """Give all of it up: the disk is full. False when there was nothing."""
        with self._lock:
            had = bool(self._read())
            self._evict(self._limit_bytes)
        self.sweep()
        return had

    def _read(self) -> OrderedDict[str, int]:
        if self._sizes is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            found: list[tuple[float, str, int]] = []
            for entry in os.scandir(self._folder):
                there = entry.stat(follow_symlinks=False)
                if SUM.fullmatch(entry.name):
                    found.append((there.st_mtime, entry.name, there.st_size))
                else:  # half of a download, or what had to go
                    Path(entry.path).unlink(missing_ok=True)
            self._sizes = OrderedDict((name, size) for _, name, size in sorted(found))
            self._total = sum(self._sizes.values())
            self._evict(0)
        return self._sizes

    def _evict(self, coming_bytes: int) -> None:
        assert self._sizes is not None
        while self._sizes and (
            self._total + coming_bytes > self._limit_bytes or len(self._sizes) > MOST_FILES
        ):
            sha256, size = self._sizes.popitem(last=False)
            self._total -= size
            going = self._folder / f"{GOING}{uuid.uuid4().hex}"
            with suppress(FileNotFoundError):
                (self._folder / sha256).rename(going)
                self._going.append(going)
