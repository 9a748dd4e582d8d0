"""Files of the agent's that are lent to the runner: what it writes into one is taken without a copy.

A spare has no name, belongs to the agent's user and can be opened for writing by nobody else. The runner is
given a descriptor that writes. So once all of these are closed, with what is mapped through them, no other
can come, and what is in the file stays as it is. The system gives a read lease only then: that is the proof.
It needs no list of what was lent, so that an agent takes the spares of a dead one too.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

READABLE = 0o444
"""The runner reads through descriptors of the agent's; the folder is closed to it."""
LENT = 0o644
"""Not more: who could open it for writing might be in the middle of that when the lease is given."""
BLOCK_BYTES, SLACK_BYTES = 512, 1024 * 1024


def new_spare(folder: Path) -> list[int]:
    """The descriptor of a new one, to be sent and closed; none where the file system knows no such files."""
    try:
        fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, LENT)
    except OSError:
        return []
    try:
        os.fchmod(fd, LENT)  # whatever the umask
    except OSError:
        os.close(fd)
        return []
    return [fd]


def is_spare(found: os.stat_result) -> bool:
    """Whether a file is the agent's own and has no name."""
    return found.st_uid == os.geteuid() and found.st_nlink == 0


def link(fd: int, size: int, target: Path) -> bool:
    """Give the spare behind a descriptor that only reads the name ``target``; False: it has to be copied.

    So it is where it is no spare, has other than ``size`` bytes by now, holes or room set aside, or may be
    written to by anybody.
    """
    with suppress(OSError):
        if not is_spare(os.fstat(fd)):
            return False
        os.fchmod(fd, READABLE)
        if not _is_read_only(fd):
            return False
        found = os.fstat(fd)
        if found.st_size != size or not _is_as_large(found):
            return False
        # With a folder's descriptor, which an absolute path does not need, Python follows the link of /proc.
        os.link(f"/proc/self/fd/{fd}", target, src_dir_fd=fd, follow_symlinks=True)
        return True
    return False


def _is_as_large(found: os.stat_result) -> bool:
    """Whether it takes about the room on the disk that its size tells, which is what is counted.

    Holes take none here, but do in the store. What is set aside behind the end stays while the file does;
    some file systems do that by themselves, up to the size.
    """
    return found.st_size <= found.st_blocks * BLOCK_BYTES <= 2 * found.st_size + SLACK_BYTES


def _is_read_only(fd: int) -> bool:
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError:
        return False
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)  # at once: who breaks a lease has its holder signalled
    return True
