"""What a stream tells, whichever it is, and what it asks of what is around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from tasks.ledger.models import User
from web.live.entries import Entry
from web.live.looks import Batch

if TYPE_CHECKING:
    from web.live.stream import Stream

PIECE_CHARS = 65_536


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


class Surroundings(Protocol):
    """What streams share: see ``streams``."""

    def stopped(self, stream: Stream) -> None:
        """It tells nothing more."""

    def pump(self, stream: Stream) -> None:
        """Let it go on with what was missed, in another thread."""

    def soon(self, after_s: float | None = None) -> None:
        """It has changes to tell."""


def next_piece(past: Iterator[str]) -> tuple[str, Iterator[str] | None]:
    """Text for one write, and the iterator while there is more of it."""
    texts, size = [], 0
    for text in past:
        texts.append(text)
        size += len(text)
        if size >= PIECE_CHARS:
            return "".join(texts), past
    return "".join(texts), None
