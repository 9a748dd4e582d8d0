"""Outcomes of all rounds as a table: one line a fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.integration.faults.oracle import INVARIANTS, Complaints


@dataclass(frozen=True, slots=True)
class Outcome:
    """One round. ``open``: cells that waited or ran when it struck. ``complaints`` None: it broke off."""

    fault: str
    open: int
    recovery_s: float | None
    complaints: Complaints | None

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return self.complaints is not None and not any(self.complaints.values())


def lines(outcomes: Sequence[Outcome]) -> list[str]:
    """The table's lines, in the order in which faults came first; ``open`` as a mean."""
    heads = (f"{'fault':32}", "rounds", "passed", "open", "longest, s", *INVARIANTS)
    table = ["  ".join(heads)]
    for name in dict.fromkeys(one.fault for one in outcomes):
        mine = [one for one in outcomes if one.fault == name]
        longest = max((one.recovery_s for one in mine if one.recovery_s is not None), default=None)
        cells = [
            f"{name:32}",
            f"{len(mine):6d}",
            f"{sum(one.passed for one in mine):6d}",
            f"{sum(one.open for one in mine) / len(mine):4.0f}",
            f"{longest:10.1f}" if longest is not None else f"{'-':>10}",
            *(f"{_verdict(mine, invariant):{len(invariant)}}" for invariant in INVARIANTS),
        ]
        table.append("  ".join(cells).rstrip())
    return table


def _verdict(rounds: Sequence[Outcome], invariant: str) -> str:
    judged = [one.complaints for one in rounds if one.complaints is not None]
    broken = sum(bool(complaints.get(invariant)) for complaints in judged)
    if broken:
        return f"✗{broken}"
    return "ok" if all(invariant in one for one in judged) and len(judged) == len(rounds) else "?"
