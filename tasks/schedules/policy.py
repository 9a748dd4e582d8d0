"""What a schedule does where slots meet runs: overlap, downtime, failures. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MOST_WAITING = 100
"""Runs of one schedule that wait for the one before; more slots are skipped."""
MOST_RETRIES = 10
LONGEST_DELAY_S = 86_400.0
MOST_CAUGHT_UP = 100
JITTER = 0.1


class Overlap(StrEnum):
    """What becomes of a slot whose schedule has a run that has not ended."""

    SKIP = "skip"  # no run
    QUEUE = "queue"  # its run begins when the one before has ended
    CANCEL_PREVIOUS = "cancel_previous"  # what runs and waits is cancelled, then it begins
    ALLOW = "allow"  # side by side


class CatchUp(StrEnum):
    """What becomes of slots that passed while nobody looked."""

    NONE = "none"  # nothing
    LAST = "last"  # the newest is made up for
    ALL = "all"  # the newest ``catch_up_limit`` are, one after another


class Outcome(StrEnum):
    """What became of a slot."""

    STARTED = "started"  # its run was made and may begin
    QUEUED = "queued"  # its run was made, and waits for the one before
    WAITING = "waiting"  # a retry whose time has not come
    SKIPPED = "skipped"  # no run, for its schedule's rule or its owner's wish
    MISSED = "missed"  # it passed while nobody looked, and is not made up for
    FAILED = "failed"  # no run could be made


@dataclass(frozen=True, slots=True)
class Policy:
    """A schedule's rules; times in seconds. ``retry_delay_s`` doubles with each retry."""

    overlap: Overlap = Overlap.SKIP
    catch_up: CatchUp = CatchUp.LAST
    catch_up_limit: int = 10
    retries: int = 0
    retry_delay_s: float = 60.0
    timeout_s: float | None = None

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Policy:
        """As it is kept in the ledger."""
        kept = dict(plain)
        return cls(
            **{**kept, "overlap": Overlap(kept["overlap"]), "catch_up": CatchUp(kept["catch_up"])},
        )

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a slot: make a run (``begin`` False: one that waits), or none for ``why``."""

    make: bool
    begin: bool = True
    cancel: bool = False
    why: str | None = None


def meet(overlap: Overlap, open_runs: Sequence[str], waiting: int) -> Verdict:
    """What becomes of a slot, given its schedule's open runs, ``waiting`` of which have not begun to."""
    if not open_runs or overlap is Overlap.ALLOW:
        return Verdict(make=True)
    if overlap is Overlap.SKIP:
        return Verdict(make=False, why=f"the run {open_runs[0]} had not ended")
    if overlap is Overlap.CANCEL_PREVIOUS:
        return Verdict(make=True, begin=False, cancel=True)
    if waiting >= MOST_WAITING:
        return Verdict(make=False, why=f"{waiting} runs wait already")
    return Verdict(make=True, begin=False)


def retry_delay_s(policy: Policy, attempt: int, chance: float | None = None) -> float:
    """How long to wait before the retry after that many; ``chance`` in [0, 1) is for tests."""
    drawn = random.random() if chance is None else chance  # noqa: S311 - spreads load
    whole = min(policy.retry_delay_s * 2.0**attempt, LONGEST_DELAY_S)
    return whole * (1 + JITTER * (2 * drawn - 1))
