"""What a stream tells, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from tasks.ledger.models import User
from web.live.entries import Entry
from web.live.looks import Batch


class Feed(Protocol):
    """What a stream tells, as text. ``past``, ``look`` and ``check`` may take long, and raise."""

    over: bool
    """Whether there is nothing more to tell."""
    again_s: float | None
    """When it wants to look once more though nothing changed."""

    def past(self) -> Iterator[str]:
        """What was before: piece by piece."""

    def live(self, entries: list[Entry]) -> str:
        """What came."""

    def look(self, batch: Batch, changed: frozenset[str]) -> Any:
        """What the ledger says of what changed."""

    def settle(self, found: Any) -> str:
        """The text of what ``look`` found."""

    def check(self, user: User, batch: Batch) -> None:
        """Raise where this user may not read it any more."""
