"""What a look at a run writes: all of it in one transaction that begins with ``swap``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import bindparam, exists, insert, or_, update
from sqlalchemy.orm import Session

from broker_config.wire import names
from broker_config.wire.states import DesiredState
from tasks.ledger.executions.queue import QUEUED, RUNNING
from tasks.ledger.faults import conflict
from tasks.ledger.models import Base, Execution, Run

_RUNS, _NODES = Base.metadata.tables["runs"], Base.metadata.tables["node_runs"]
_KERNELS = Base.metadata.tables["kernels"]


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """An attempt as it is inserted. Times in unix seconds."""

    run_id: str
    node_id: str
    attempt: int
    state: str
    created_at: float
    kernel_uid: str | None = None
    execution_id: str | None = None
    lock_digest: str | None = None
    cache_key: str | None = None
    cached_from: int | None = None
    not_before: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    reason: str | None = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChangedAttempt:
    """An attempt that was there, and what it is now."""

    row_id: int
    state: str
    kernel_uid: str | None
    execution_id: str | None
    lock_digest: str | None = None
    cache_key: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    reason: str | None = None
    error: dict[str, Any] | None = None


_NEW = [field.name for field in fields(NewAttempt)]
_CHANGED = [field.name for field in fields(ChangedAttempt)]
_KEPT = ("lock_digest", "cache_key")
"""Known when it began: what says nothing of them leaves them."""
_INSERT = insert(_NODES)
_CHANGE = (
    update(_NODES)
    .where(_NODES.c.id == bindparam("row_id"))
    .values(
        revision=_NODES.c.revision + 1,
        **{name: bindparam(name, type_=_NODES.c[name].type) for name in _CHANGED[1:]},
    )
)
_CHANGE_END = (
    update(_NODES)
    .where(_NODES.c.id == bindparam("row_id"))
    .values(
        revision=_NODES.c.revision + 1,
        **{name: bindparam(name, type_=_NODES.c[name].type) for name in _CHANGED[1:] if name not in _KEPT},
    )
)


def swap(s: Session, run_id: str, revision: int, values: dict[str, Any]) -> bool:
    """Change a run if nobody did since it was read at that revision; False when somebody did."""
    columns = _RUNS.c
    change = (
        update(_RUNS)
        .where(columns.id == run_id, columns.revision == revision)
        .values(**values, revision=revision + 1)
    )
    return s.connection().execute(change).rowcount == 1


def look_again_at(s: Session, run_id: str, revision: int, due_at: float) -> None:
    """Nothing else changed: when it is looked at next, unless somebody changed it meanwhile."""
    columns = _RUNS.c
    change = update(_RUNS).where(columns.id == run_id, columns.revision == revision).values(due_at=due_at)
    s.connection().execute(change)


def postpone(s: Session, run_id: str, due_at: float) -> None:
    """Looks at it fail: have the next one later."""
    columns = _RUNS.c
    change = update(_RUNS).where(columns.id == run_id, columns.due_at.is_not(None), columns.due_at < due_at)
    s.connection().execute(change.values(due_at=due_at))


def insert_attempts(s: Session, new: Sequence[NewAttempt]) -> None:
    """Insert attempts at nodes.

    Raises:
        Conflict: one of them is there.
    """
    if new:
        rows = [{"revision": 0, **{name: getattr(one, name) for name in _NEW}} for one in new]
        with conflict("this attempt at a node was begun already"):
            s.connection().execute(_INSERT, rows[0] if len(rows) == 1 else rows)


def change_attempts(s: Session, changed: Sequence[ChangedAttempt]) -> None:
    """Change attempts that are there. One that begins says with which lock; one that ends leaves that."""
    for statement, begins in ((_CHANGE, True), (_CHANGE_END, False)):
        some = [one for one in changed if (one.finished_at is None) is begins]
        if some:
            kept = () if begins else _KEPT
            rows = [{n: getattr(one, n) for n in _CHANGED if n not in kept} for one in some]
            s.connection().execute(statement, rows)


def hand_over(s: Session, run_id: str, uid: str, nonce: str) -> None:
    """Another run stops the kernel at its end; what it wished itself came later, and counts."""
    run = s.get(Run, run_id, populate_existing=True)
    if run is not None and uid not in run.woken:
        change = update(Run).where(Run.id == run_id)
        s.execute(change.values(woken={**run.woken, uid: nonce}, revision=Run.revision + 1))


def stop_woken(s: Session, uid: str, nonce: str, note: str, now: float) -> str | None:
    """Note that a kernel shall stop, if it was wished to run by that wish alone and has nothing to do.

    The nonce of the new wish, for ``asking.tell``; None where it goes on.
    """
    columns, fresh = _KERNELS.c, names.new_token(16)
    busy = exists().where(Execution.kernel_uid == uid, or_(QUEUED, RUNNING))
    change = (
        update(_KERNELS)
        .where(columns.uid == uid, columns.deleted_at.is_(None), columns.intent_nonce == nonce, ~busy)
        .where(columns.desired_state == DesiredState.RUNNING.value)
        .values(desired_state=DesiredState.STOPPED.value, intent_nonce=fresh, intended_at=now)
        .values(note=note, noted_at=now)
    )
    return fresh if s.connection().execute(change).rowcount == 1 else None
