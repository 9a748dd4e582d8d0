"""Files that the runner hands over as descriptors: which are taken, and a copy of the agent's own."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from kernel_worker.agent.refusals import AWAY, Refused
from kernel_worker.agent.spares import READABLE, is_spare

LARGEST_BYTES = 64 * 1024**3
COPY_BYTES = 8 * 1024 * 1024
SPARE_BYTES = 64 * 1024 * 1024
"""What stays free on the disk besides a copy."""
NOT_COPIED = frozenset({errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ETXTBSY})


def checked_size(fd: int, owner_uid: int, what: str) -> int:
    """Bytes of a file that may be taken: regular, of the runner's with at most one name, or a spare.

    Raises:
        Refused: it is anything else.
    """
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise Refused("ValueError", f"{what} did not come as a regular file with one name")
    if found.st_uid != owner_uid and not is_spare(found):
        raise Refused("ValueError", f"the file of {what} does not belong to the kernel")
    if found.st_size > LARGEST_BYTES:
        raise Refused("ValueError", f"{what} has {found.st_size} bytes, {LARGEST_BYTES} are allowed")
    return found.st_size


def copy(
    fd: int, size: int, target: Path, what: str, arrived: Callable[[int], object] = lambda there: None
) -> None:
    """Copy the first ``size`` bytes to a new file that only can be read. Nothing is left when it fails.

    ``arrived`` is told after each step how many bytes are there.

    Raises:
        Refused: it became shorter, cannot be read, or there is no room.
    """
    try:
        _copy(fd, size, target, what, arrived)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _copy(fd: int, size: int, target: Path, what: str, arrived: Callable[[int], object]) -> None:
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _check_room(out, size, what)
        done, step = 0, _in_the_kernel
        while done < size:
            try:
                got = step(fd, out, done, min(COPY_BYTES, size - done))
            except OSError as error:
                if step is _in_the_kernel and error.errno in NOT_COPIED:
                    step = _through_the_cache
                    continue
                raise _untaken(error, what) from None
            if got == 0:
                raise Refused("ValueError", f"the file of {what} became shorter while it was taken")
            done += got
            arrived(done)
        os.fchmod(out, READABLE)
    finally:
        os.close(out)


def _in_the_kernel(fd: int, out: int, at: int, count: int) -> int:
    return os.copy_file_range(fd, out, count, at, at)


def _through_the_cache(fd: int, out: int, at: int, count: int) -> int:
    os.lseek(out, at, os.SEEK_SET)
    return os.sendfile(out, fd, at, count)


def _check_room(out: int, size: int, what: str) -> None:
    disk = os.fstatvfs(out)
    if size and size + SPARE_BYTES > disk.f_bavail * disk.f_frsize:
        raise Refused(AWAY, f"the kernel's disk has no room for {what} of {size} bytes")


def _untaken(error: OSError, what: str) -> Refused:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Refused(AWAY, f"the kernel's disk is full: {what} was not taken")
    return Refused("ValueError", f"the file of {what} could not be read ({error.strerror})")
