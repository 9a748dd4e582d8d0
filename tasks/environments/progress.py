"""How far the environment of a kernel that shall start is."""

from __future__ import annotations

from enum import StrEnum


class Progress(StrEnum):
    """As seen by one lifecycle worker."""

    THERE = "there"  # or none is needed
    MISSING = "missing"  # and nobody builds it
    RUNNING = "running"  # somebody builds it
    FAILED = "failed"  # since this kernel waits for it
