"""What a trial's findings mean: each limit enforced, not enforced, or not to be told. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from tasks.runtimes.profile import RUN_BYTES, TMP_BYTES

Told = dict[str, Any]


class Verdict(StrEnum):
    """What the self-test says of one limit."""

    ENFORCED = "enforced"
    """It was tried, and held."""
    ABSENT = "not enforced"
    """It was tried, and did not hold: kernels can go over it."""
    UNTRIED = "could not be tried"
    """Nothing is known; the engine's word is all there is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the throwaway container was given, in bytes, cores and numbers."""

    memory_bytes: int
    cpu_cores: float
    pids: int
    open_files: int
    run_bytes: int = RUN_BYTES
    tmp_bytes: int = TMP_BYTES

    def text(self) -> str:
        """As the trial takes it."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Limit:
    """One row: ``what`` was seen, or what follows from it; ``mend``: what to do, empty where nothing is."""

    name: str
    verdict: Verdict
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one limit is judged. ``trial``: whose findings; ``absence``: what it means for people here."""

    name: str
    trial: str
    holds: Callable[[Asked, Told], bool | None]
    proof: str
    absence: str
    mend: str


def judge(rules: Iterable[Rule], asked: Asked, told: dict[str, Told]) -> list[Limit]:
    """A row per rule. ``told``: trial → its findings; one that is missing or failed is told as such."""
    return [_judge(rule, asked, told.get(rule.trial)) for rule in rules]


def _judge(rule: Rule, asked: Asked, found: Told | None) -> Limit:
    if found is None or "error" in found:
        why = str((found or {}).get("error") or "the container ended before it was tried")[:200]
        return Limit(rule.name, Verdict.UNTRIED, why, "see the lifecycle worker's log; it is tried again")
    holds = rule.holds(asked, found)
    if holds is None:
        return Limit(rule.name, Verdict.UNTRIED, f"what was seen says nothing: {_seen(found)}", rule.mend)
    if holds:
        return Limit(rule.name, Verdict.ENFORCED, rule.proof)
    return Limit(rule.name, Verdict.ABSENT, rule.absence, rule.mend)


def _seen(found: Told) -> str:
    parts = (f"{name} {value}" for name, value in found.items() if value is not None)
    return ", ".join(parts)[:200]
