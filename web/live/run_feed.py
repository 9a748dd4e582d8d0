"""The stream of one run: its nodes as they change, until it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from tasks.ledger.models import User
from web.live.entries import Entry
from web.live.frames import frame
from web.live.looks import Batch

AGAIN_S = 3.0
"""Word of a change is best effort: who waits for an end sees it without, too."""


class Followed(Protocol):
    """A run as the client may see it. All of it may read the ledger, and raise ``NotFound``."""

    def describe(self, batch: Batch, run_ids: frozenset[str]) -> list[str]:
        """What changed since the last time, as events; the run's own is the last."""

    def check(self, user: User) -> None:
        """Note who the client is now."""


class RunFeed:
    """What one client is told of one run. ``has_ended`` says so by the ledger; it may raise."""

    def __init__(self, run_id: str, view: Followed, has_ended: Callable[[], bool]) -> None:
        self.over = False
        self.again_s: float | None = AGAIN_S
        self._runs = frozenset({run_id})
        self._view = view
        self._has_ended = has_ended

    def past(self) -> Iterator[str]:
        """How it stands."""
        yield self.settle(self._look(Batch(frozenset())))

    def live(self, entries: list[Entry]) -> str:
        """Nothing comes but word of changes."""
        return ""

    def look(self, batch: Batch, changed: frozenset[str]) -> tuple[bool, list[str]]:
        """What changed, and whether that was all."""
        return self._look(batch)

    def settle(self, found: tuple[bool, list[str]]) -> str:
        """Tell of it."""
        if self.over:
            return ""
        self.over = found[0]
        return "".join(map(frame, found[1]))

    def check(self, user: User, batch: Batch) -> None:
        """Raises ``NotFound`` where it is not theirs to see any more."""
        self._view.check(user)

    def _look(self, batch: Batch) -> tuple[bool, list[str]]:
        # In this order: what is told is at least as new as the end.
        ended = self._has_ended()
        return ended, self._view.describe(Batch(frozenset()) if ended else batch, self._runs)
