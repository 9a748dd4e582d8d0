"""Who gets what of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from web.live.entries import Entry


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscriber wants: kernels' events and pulses, and word of changes in the ledger."""

    kernels: frozenset[str]
    wakes: bool = False
    pulses: bool = True


class Subscriber(Protocol):
    """Who gets entries, in the reader's thread: it may neither wait nor raise."""

    interest: Interest

    def take(self, entries: list[Entry]) -> None:
        """What came to one stream of Redis, or heartbeats of several, in order."""
