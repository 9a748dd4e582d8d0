"""What a check of ``husk doctor`` says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

START = "start the stack: `husk up`"


class Verdict(StrEnum):
    """How a check ended."""

    GOOD = "good"
    WARNING = "warning"  # works, but somebody should know
    FAILED = "failed"  # has to be mended


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, what was found, and what to do (empty: nothing)."""

    name: str
    verdict: Verdict
    found: str
    mend: str = ""
