"""What Python and the C library do about memory while a process loads, and after."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

M_MMAP_THRESHOLD = -3
LARGE_BYTES = 1024 * 1024


@contextmanager
def loading() -> Iterator[None]:
    """While modules load, the collector stands still; what they made is left out of its later rounds.

    Next to nothing of a module is garbage, and the collector would go through all of it again and again: a
    seventh of a start's computing.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def give_back_large_blocks() -> None:
    """Let glibc return each freed block of 1 MiB or more to the system at once.

    By itself it raises that bound to the largest block that was freed, 32 MiB at most: then each thread's
    arena keeps the parts of uploads that passed through it. Does nothing with another C library.
    """
    try:
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
    except (AttributeError, OSError):
        return
