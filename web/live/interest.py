"""Who gets what of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from web.live.entries import SYSTEM, Entry, run_topic

EVERYBODY = 0
"""No account has this number."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscriber wants: kernels' events and pulses, and word of changes in the ledger.

    ``runs``: ids of runs whose changes it is told. ``runs_of``: an account, all of whose runs it is told of;
    ``EVERYBODY``: of all accounts. ``lists_of``: an account whose changed lists it is told of.
    """

    kernels: frozenset[str]
    wakes: bool = False
    pulses: bool = True
    runs: frozenset[str] = frozenset()
    runs_of: int | None = None
    lists_of: int | None = None
    system: bool = False

    @property
    def again(self) -> frozenset[str]:
        """What is looked at once more though nobody told of a change."""
        if self.system:
            return frozenset({SYSTEM, *map(run_topic, self.runs)})
        return frozenset(map(run_topic, self.runs)) if self.runs else self.kernels

    def wants_run(self, run_id: str, owner_id: int) -> bool:
        """Whether a change of this run is to be told."""
        return run_id in self.runs or self.runs_of in (owner_id, EVERYBODY)


class Subscriber(Protocol):
    """Who gets entries, in the reader's thread: it may neither wait nor raise."""

    interest: Interest

    def take(self, entries: list[Entry]) -> None:
        """What came to one stream of Redis, or heartbeats of several, in order."""
