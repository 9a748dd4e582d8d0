"""Percentiles, and a table of figures."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: values of several runs, in ``unit``. ``limit``: what was asked, as a bound on ``compared``."""

    name: str
    unit: str
    husk: Sequence[float]
    peer: Sequence[float] = ()
    asked: str = ""

    def row(self) -> str:
        """A line of the table: medians of the runs, and the ratio of Husk to the peer."""
        husk = statistics.median(self.husk)
        peer = statistics.median(self.peer) if self.peer else None
        ratio = f"{husk / peer:.2f}" if peer else ""
        theirs = f"{peer:.4g} {self.unit}" if peer is not None else ""
        return f"| {self.name} | {husk:.4g} {self.unit} | {theirs} | {ratio} | {self.asked} |"


def table(figures: Sequence[Figure], subject: str = "Husk", peer: str = "ipykernel") -> str:
    """The figures as a Markdown table."""
    head = f"| figure | {subject} | {peer} | ratio | asked |\n|---|---|---|---|---|\n"
    return head + "\n".join(figure.row() for figure in figures) + "\n"
