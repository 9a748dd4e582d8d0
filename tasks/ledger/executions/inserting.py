"""Accepting cells: the one write of a request, so its statements are made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy import insert as sql_insert

from broker_config.wire.errors import NotFound
from broker_config.wire.states import DesiredState, ExecutionState
from tasks.ledger.doing import Doing, connection_of
from tasks.ledger.faults import conflict
from tasks.ledger.models import Base, Execution, Kernel


@dataclass(frozen=True, slots=True)
class NewExecution:
    """One cell to accept. ``flow_id`` "" is the kernel's loose namespace; no epoch: run in any.

    ``cell_id``: which one of its notebook or node it is. A node of a flow's run has ``run_id``, ``attempt``
    and the run's ``parameters``.
    """

    id: str
    kernel_uid: str
    flow_id: str
    node_id: str | None
    batch_id: str | None
    stop_on_error: bool
    interactive: bool
    code: str
    timeout_s: float | None
    idempotency_key: str | None
    epoch_generation: str | None
    epoch_number: int | None
    run_id: str | None = None
    attempt: int | None = None
    parameters: dict[str, Any] | None = None
    cell_id: str | None = None


_NAMES = tuple(field.name for field in fields(NewExecution))
_VALUES = attrgetter(*_NAMES)
_KERNELS = Base.metadata.tables[Kernel.__tablename__]
_TAKE = (
    update(_KERNELS)
    .where(_KERNELS.c.uid == bindparam("kernel"), _KERNELS.c.deleted_at.is_(None))
    .where(_KERNELS.c.desired_state != DesiredState.DELETED.value)
    .values(next_seq=_KERNELS.c.next_seq + bindparam("count"))
    .returning(_KERNELS.c.next_seq, _KERNELS.c.owner_id)
)
_INSERT = sql_insert(Base.metadata.tables[Execution.__tablename__])


@dataclass(frozen=True, slots=True)
class Taken:
    """Places on a kernel, and whose it is."""

    seqs: list[int]
    owner_id: int


def take(s: Doing, kernel_uid: str, count: int) -> Taken:
    """Take the next ``count`` seqs of a kernel; its row is held until the transaction ends.

    ``put`` the cells in the same transaction: then a smaller seq is never seen later than a greater one.

    Raises:
        NotFound: the kernel is deleted or about to be.
    """
    taken = connection_of(s).execute(_TAKE, {"kernel": kernel_uid, "count": count}).one_or_none()
    if taken is None:
        raise NotFound("there is no such kernel")
    end, owner_id = taken
    return Taken(list(range(end - count + 1, end + 1)), owner_id)


def put(s: Doing, cells: Sequence[NewExecution], taken: Taken, now: float) -> None:
    """Insert cells, queued and not yet published, at the places that were taken for them.

    Raises:
        Conflict: field ``idempotency_key``: the key was used on this kernel.
    """
    same = {
        "owner_id": taken.owner_id,
        "status": ExecutionState.QUEUED.value,
        "revision": 0,
        "submitted_at": now,
    }
    rows = [
        {**dict(zip(_NAMES, _VALUES(cell), strict=True)), **same, "seq": seq}
        for cell, seq in zip(cells, taken.seqs, strict=True)
    ]
    with conflict("this idempotency key was used on this kernel", "idempotency_key"):
        connection_of(s).execute(_INSERT, rows[0] if len(rows) == 1 else rows)
