"""Judges what became of a round's executions by the invariants. Pure: rows and notes in, complaints out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from broker_config.wire.states import EXECUTION_TERMINAL
from broker_config.wire.states import ExecutionState as X
from tests.integration.faults.evidence import GOOD, Ended, Round

INVARIANTS = ("I1", "I2", "I3", "I8", "reconciled")
ENDED_BADLY = frozenset({X.FAILED, X.TIMED_OUT, X.LOST, X.CANCELLED})
NOTHING_RUN = "nothing was run"
KNOWN_TYPES = frozenset(
    {"NamespaceLost", "RunnerDied", "OutOfMemory", "AgentDied", "KernelDied", "Killed", "SystemExit"}
    | {"StorageFailed"}
)

Complaints = dict[str, list[str]]


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
