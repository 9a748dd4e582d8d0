"""Folders of work that is not done: gone with whoever made them, however they end."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".new-"


@contextlib.contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A new folder within ``folder``, removed at the end. What died before is removed first.

    Raises:
        OSError: the disk is full, or ``folder`` cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    sweep(folder)
    place, held = _make(folder)
    try:
        yield place
    finally:
        discard(place)
        os.close(held)


def _make(folder: Path) -> tuple[Path, int]:
    while True:
        place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        held = _hold(place)
        if held is not None:
            return place, held
        # Who sweeps was faster, and took it for one that was left.


def _hold(place: Path) -> int | None:
    """The lock of a folder, of which the system lets go with us; None: somebody has it, or it is gone.

    The folder's own: a file within it would be missing from one that is just made or half removed.
    """
    try:
        held = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(held), place.lstat()):
            return held
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(held)
        raise
    os.close(held)
    return None


def sweep(folder: Path) -> None:
    """Remove what others left here who are gone: the system let go of their locks."""
    for place in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            held = _hold(place)
            if held is None:
                continue
            try:
                discard(place)
            finally:
                os.close(held)


def flush(place: Path) -> None:
    """See that what was written is on the disk, so that a machine that fails keeps all of it or nothing."""
    held = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        ctypes.CDLL(None).syncfs(held)
    finally:
        os.close(held)


def discard(place: Path) -> None:
    """Remove a folder, closed folders within it too; links are removed, not followed."""
    with contextlib.suppress(OSError):
        shutil.rmtree(place)
    if place.is_dir() and not place.is_symlink():
        for inside, folders, _files in os.walk(place):
            for name in folders:
                if not Path(inside, name).is_symlink():
                    Path(inside, name).chmod(0o700)
        shutil.rmtree(place, ignore_errors=True)
