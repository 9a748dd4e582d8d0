"""Judges what became of a round's executions by the invariants. Pure: rows and notes in, complaints out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.states import EXECUTION_TERMINAL
from broker_config.wire.states import ExecutionState as X
from tests.integration.faults.traces import Trace

INVARIANTS = ("I1", "I2", "I3", "I8", "reconciled")
ENDED_BADLY = frozenset({X.FAILED, X.TIMED_OUT, X.LOST, X.CANCELLED})
NOTHING_RUN = "nothing was run"
KNOWN_TYPES = frozenset(
    {"NamespaceLost", "RunnerDied", "OutOfMemory", "AgentDied", "KernelDied", "Killed", "SystemExit"}
    | {"StorageFailed"}
)

Complaints = dict[str, list[str]]
Allowed = frozenset[tuple[X, str | None]]
GOOD: tuple[X, str | None] = (X.SUCCEEDED, None)


@dataclass(frozen=True, slots=True)
class Ended:
    """One execution of the round as the ledger has it; ``index`` is what its cell notes."""

    id: str
    index: int
    seq: int
    interactive: bool
    batch_id: str | None
    status: X
    error: Mapping[str, Any] | None
    epoch: str | None = None
    """Generation of the runner whose namespace it was written for."""
    generation: str | None = None
    """Of the runner that ran it."""

    @property
    def kind(self) -> tuple[X, str | None]:
        """Its status, and the type of its error."""
        return self.status, None if self.error is None else str(self.error["type"])

    @property
    def message(self) -> str:
        """The sentence of its error; empty without one."""
        return "" if self.error is None else str(self.error["message"])


@dataclass(frozen=True, slots=True)
class Permits:
    """Ends that a fault may bring about, besides ``succeeded``.

    ``first``: of the cell that runs when it strikes. ``people``, ``runs``: of queued cells of that queue.
    ``once``: of at most one cell, wherever it stands: the one that was just being taken.
    ``again``: how many cells may have been handed out, died with their taker, and been sent again late.
    """

    first: Allowed = frozenset()
    people: Allowed = frozenset()
    runs: Allowed = frozenset()
    once: Allowed = frozenset()
    again: int = 0
    first_succeeds: bool = True


@dataclass(slots=True)
class Round:
    """Everything that is known of one round."""

    rows: list[Ended]
    accepted: Sequence[str]
    """Ids that were answered with 202."""
    trace: Trace
    permits: Permits
    changed: list[str] = field(default_factory=list)
    """Ends that were seen to change."""


def judge(played: Round) -> Complaints:
    """Complaints per invariant; empty lists where it holds."""
    return {
        "I1": _ends_once(played),
        "I2": _runs_once(played),
        "I3": _in_order(played),
        "I8": [*_is_there(played), *_is_true(played), *_is_permitted(played)],
    }


def _ends_once(played: Round) -> list[str]:
    still = [
        f"cell {r.index} is {r.status} for ever" for r in played.rows if r.status not in EXECUTION_TERMINAL
    ]
    return [*still, *played.changed]


def _runs_once(played: Round) -> list[str]:
    counts = Counter(played.trace.begun)
    return [f"cell {index} ran {count} times" for index, count in sorted(counts.items()) if count > 1]


def _in_order(played: Round) -> list[str]:
    complaints, moved = [], 0
    for interactive in (True, False):
        seqs = {row.index: row.seq for row in played.rows if row.interactive is interactive}
        ran = [seqs[index] for index in played.trace.begun if index in seqs]
        late = [seq for at, seq in enumerate(ran) if any(before > seq for before in ran[:at])]
        moved += len(late)
        if late:
            name = "people's" if interactive else "batch"
            complaints.append(f"the {name} queue ran {ran}: {late} came late")
    return complaints if moved > played.permits.again else []


def _is_there(played: Round) -> list[str]:
    there = {row.id for row in played.rows}
    return [f"{one} was accepted and is not in the ledger" for one in played.accepted if one not in there]


def _is_true(played: Round) -> list[str]:
    begun, ended = Counter(played.trace.begun), Counter(played.trace.ended)
    rows = sorted(played.rows, key=lambda row: row.seq)
    # The first of each batch that ended badly: the rest may be skipped.
    bad = {row.batch_id: row.seq for row in reversed(rows) if row.status in ENDED_BADLY}
    return [
        f"cell {row.index} is told {row.kind} ({row.message[:160]!r}): began {begun[row.index]}, "
        f"ended {ended[row.index]} times"
        for row in rows
        if not _agrees(row, begun[row.index], ended[row.index], bad)
    ]


def _agrees(row: Ended, begun: int, ended: int, bad: Mapping[str | None, int]) -> bool:
    if row.status is X.SUCCEEDED:
        own = row.epoch is None or row.generation == row.epoch
        return own and (begun, ended) == (1, 1) and row.error is None
    if row.status is X.SKIPPED:
        return begun == 0 and row.batch_id in bad and bad[row.batch_id] < row.seq
    if row.error is None or row.error["type"] not in KNOWN_TYPES:
        return False
    if not row.message and row.error["type"] != "SystemExit":
        return False
    if NOTHING_RUN in row.message or row.error["type"] == "NamespaceLost":
        return begun == 0 and NOTHING_RUN in row.message
    return begun <= 1


def _is_permitted(played: Round) -> list[str]:
    permits, complaints, singular = played.permits, [], 0
    for row in played.rows:
        allowed = permits.first if row.index == 0 else permits.people if row.interactive else permits.runs
        if row.kind == GOOD and (row.index != 0 or permits.first_succeeds):
            continue
        if row.kind in allowed or row.status is X.SKIPPED:
            continue
        if row.kind in permits.once and singular == 0:
            singular += 1
            continue
        complaints.append(f"cell {row.index} ended as {row.kind}: {row.message[:200]!r}")
    return complaints
