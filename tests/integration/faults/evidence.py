"""What is known of a round when it is judged: rows of the ledger, cells' notes, what the fault may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.states import ExecutionState as X
from tasks.ledger.models import Execution
from tests.integration.faults.traces import Trace, index_of

End = tuple[str, float | None, str]
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


def end_of(row: Execution) -> End:
    """How an execution ended; what must never change."""
    return row.status, row.finished_at, str(row.error)


def told(row: Execution) -> Ended:
    """An execution of a round."""
    return Ended(
        id=row.id,
        index=index_of(row.code),
        seq=row.seq,
        interactive=row.interactive,
        batch_id=row.batch_id,
        status=X(row.status),
        error=row.error,
        epoch=row.epoch_generation,
        generation=row.generation,
    )
