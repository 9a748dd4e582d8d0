"""How the C library keeps what a process has freed."""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3
LARGE_BYTES = 1024 * 1024


def give_back_large_blocks() -> None:
    """Let glibc return each freed block of 1 MiB or more to the system at once.

    By itself it raises that bound to the largest block that was freed, 32 MiB at most: then each thread's
    arena keeps the parts of uploads that passed through it. Does nothing with another C library.
    """
    try:
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
    except (AttributeError, OSError):
        return
