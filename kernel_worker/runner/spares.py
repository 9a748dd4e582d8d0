"""Files of the agent's that it lends: what is written into one, it takes without a copy."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from dataclasses import dataclass

MOST = 4
"""As many threads publish at a time and are each served; more use files of the runner's own."""


@dataclass(frozen=True, slots=True)
class Spare:
    """A descriptor, and what file it has to be of.

    User code closes what it finds, and numbers come back, of descriptors and of inodes. ``changed``: when the
    inode last did, in ns; it stays as it came unless somebody writes into the file.
    """

    fd: int
    device: int
    inode: int
    changed: int

    def is_untouched(self) -> bool:
        """Whether the number still is this file's, and it is as it came."""
        try:
            return _spare(self.fd) == self
        except OSError:
            return False


class Spares:
    """Those that are here. Safe in threads."""

    def __init__(self) -> None:
        self._here: deque[Spare] = deque()

    def put(self, fds: list[int]) -> None:
        """Take descriptors over; the list is empty afterwards."""
        while fds:
            fd = fds.pop()
            if len(self._here) < MOST:
                self._here.append(_spare(fd))
            else:
                os.close(fd)

    def take(self) -> int | None:
        """The descriptor of an empty file, readable and writable, from now on the caller's."""
        with contextlib.suppress(IndexError):
            while True:
                spare = self._here.pop()
                if spare.is_untouched():
                    return spare.fd
                # Not closed: it is somebody else's by now.
        return None

    def close(self) -> None:
        """Let go of all: this is a child of the runner's, which publishes nothing."""
        while self._here:
            spare = self._here.pop()
            if spare.is_untouched():
                os.close(spare.fd)


def _spare(fd: int) -> Spare:
    found = os.fstat(fd)
    return Spare(fd, found.st_dev, found.st_ino, found.st_ctime_ns)
