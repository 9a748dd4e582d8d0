"""Folders of work that is not done: gone with whoever made them, however they end."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".new-"
LOCK = ".lock"
MAKING_S = 60.0


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
        try:
            held = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            discard(place)
            raise
        # Who sweeps may have met the lock before we had it, and taken the folder for one that was left.
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (place / LOCK).exists():
                return place, held
        os.close(held)


def sweep(folder: Path) -> None:
    """Remove what others left here who are gone: the system let go of their locks."""
    for place in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            _remove_if_left(place)


def _remove_if_left(place: Path) -> None:
    try:
        held = os.open(place / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        # Either just being made, or half removed.
        if _age_s(place) > MAKING_S:
            discard(place)
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        discard(place)
    finally:
        os.close(held)


def _age_s(place: Path) -> float:
    return time.time() - place.stat().st_mtime


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
