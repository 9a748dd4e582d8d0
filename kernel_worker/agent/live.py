"""How much of a flood goes out live: token buckets. Pure; times are given."""

from __future__ import annotations

from dataclasses import dataclass, field

PROGRESS_EVERY_S = 0.1
MOST_BARS = 1_000


@dataclass(slots=True)
class Bucket:
    """``level`` bytes may go now; it refills by ``per_s`` up to ``size``."""

    size: float
    per_s: float
    level: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.level = self.size

    def take(self, amount: int, now: float) -> bool:
        """Whether ``amount`` fits now; takes it if so. More than the whole size never fits."""
        if self.at is not None:
            self.level = min(self.size, self.level + (now - self.at) * self.per_s)
        self.at = now
        if amount > self.level:
            return False
        self.level -= amount
        return True


class ProgressGate:
    """Lets each bar through ten times a second, and its last state always."""

    def __init__(self) -> None:
        self._sent: dict[str, float] = {}

    def passes(self, progress_id: str, done: float, total: float | None, now: float) -> bool:
        """Whether this state of the bar goes out."""
        last = self._sent.get(progress_id)
        if last is None and len(self._sent) >= MOST_BARS:
            return False
        if last is not None and now - last < PROGRESS_EVERY_S and done != total:
            return False
        # A bar that repeats its end in a loop is held back too.
        if last is not None and done == total and now - last < PROGRESS_EVERY_S / 10:
            return False
        self._sent[progress_id] = now
        return True
