"""Pure decision: what has to be put into a queue so that it holds what waits, in the ledger's order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plan:
    """Ids by seq: ``front`` to be consumed first, ``back`` last; ``rebuilt``: the whole queue anew."""

    front: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    rebuilt: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """All that is put."""
        return self.front + self.back + self.rebuilt


def plan(waiting: Sequence[str], lying: Sequence[str], due: Collection[str]) -> Plan:
    """Decide about one queue.

    Args:
        waiting: what the ledger has queued and nobody claimed, by seq.
        lying: ids in the queue, the next to be consumed first.
        due: those of ``waiting`` that are missed for long enough.
    """
    there = set(lying)
    missing = [at for at, one in enumerate(waiting) if one not in there]
    late = [at for at in missing if waiting[at] in due]
    if not late:
        return Plan()
    # What is younger than a late one, but before it, must not be overtaken by it.
    missing = [at for at in missing if at <= late[-1]]
    places = {one: at for at, one in enumerate(waiting)}
    held = [places[one] for one in lying if one in places]
    if held != sorted(held) or any(min(held) < at < max(held) for at in missing if held):
        return Plan(rebuilt=list(waiting))
    front = [waiting[at] for at in missing if held and at < held[0]]
    return Plan(front=front, back=[waiting[at] for at in missing if not held or at > held[-1]])
