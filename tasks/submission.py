"""Accepting cells: commit first, then publish. What was accepted is never lost.

The way of every cell, so it is short: one transaction, one step of Redis. That step puts a cell only if all
before it were put, so that what is committed first is first in the queue.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from broker_config.wire.errors import Conflict, KernelNotRunning, NotFound, Unavailable
from broker_config.wire.names import new_execution_id
from broker_config.wire.states import DesiredState, ExecutionState, KernelState
from tasks import failpoints
from tasks.ledger import audit, executions, kernels
from tasks.ledger.audit import Actor, Change
from tasks.ledger.doing import Doing
from tasks.ledger.executions import Door, NewExecution, Taken
from tasks.ledger.models import Kernel
from tasks.ledger.runs import KernelState as KernelRow
from tasks.publishing import publish, put_new
from tasks.services import Services

SAME = ("code", "flow_id", "node_id", "cell_id", "interactive", "timeout_s")
"""What two requests with one idempotency key have in common, else they are two cells."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as somebody sends it. ``flow_id`` "" is the kernel's loose namespace; times in seconds.

    ``cell_id``: which cell it is, of its notebook or its node.
    """

    code: str
    flow_id: str = ""
    node_id: str | None = None
    interactive: bool = True
    timeout_s: float | None = None
    idempotency_key: str | None = None
    batch_id: str | None = None
    stop_on_error: bool = False
    cell_id: str | None = None


@dataclass(frozen=True, slots=True)
class AcceptedCell:
    """A cell in the ledger: ``position`` 1 is next, 0: it runs or has ended (an idempotent repeat)."""

    id: str
    kernel_uid: str
    status: str
    position: int


@dataclass(frozen=True, slots=True)
class Committed:
    """Executions of one kernel that are in the ledger, at the places that were taken for them."""

    door: Door
    new: list[NewExecution]
    taken: Taken


def submit(
    services: Services, uid: str, cells: Sequence[Cell], must_run: bool = False, actor: Actor | None = None
) -> list[AcceptedCell]:
    """Accept cells in their order and put them into the kernel's queue.

    An ``idempotency_key`` that was used for the same cell gives the execution that used it. With Redis away
    the cells stay unpublished; the outbox puts them when it is back.

    Args:
        must_run: refuse cells that nothing would run without somebody's further doing.
        actor: whose doing it is, for the audit.

    Raises:
        NotFound: the kernel is deleted.
        KernelNotRunning: with ``must_run``.
        Conflict: field ``idempotency_key``: the key was used for another cell.
        Unavailable: the database is away; nothing was accepted.
    """
    try:
        committed = _commit(services, uid, cells, must_run, actor)
    except (Conflict, KernelNotRunning) as error:
        # A cell that was accepted once is accepted, whatever has become of its kernel.
        return [_earlier(services, uid, cells, error)]
    failpoints.reach("submit.committed")
    publish_committed(services, uid, committed)
    return _accepted(committed)


def takes_cells(kernel: Door | Kernel | KernelRow) -> bool:
    """Whether a cell that is sent now will be run without anybody's further doing."""
    if kernel.desired_state != DesiredState.RUNNING:
        return False
    if kernel.state == KernelState.ERROR:
        return kernel.restart_at is not None or (kernel.intended_at or 0.0) > kernel.state_since
    return True


def _commit(
    services: Services, uid: str, cells: Sequence[Cell], must_run: bool, actor: Actor | None
) -> Committed:
    with services.ledger.write_rows() as session:
        taken = executions.take(session, uid, len(cells))
        door = executions.door(session, uid, cells[0].flow_id)
        if door is None:
            raise NotFound("there is no such kernel")
        if must_run and not takes_cells(door):
            raise KernelNotRunning(f"the kernel is {door.state}: start it, or send `start: true`")
        new = _with_epochs(session, uid, door, [_new(uid, cell) for cell in cells])
        now = time.time()
        executions.put(session, new, taken, now)
        if actor is not None:
            detail = {"kernel": uid, "cells": len(new)}
            audit.note(session, actor, Change("execution.submit", new[0].id, detail), now)
    return Committed(door, new, taken)


def publish_committed(services: Services, uid: str, committed: Committed) -> None:
    """Put what was committed, after what others may have left. With Redis away the outbox does it."""
    door, new = committed.door, committed.new
    if door.broker_epoch is None or door.journal_epoch != door.broker_epoch:
        return
    try:
        if not put_new(services, uid, door.broker_epoch, new, committed.taken.seqs, door.slug):
            publish(services, uid)
    except Unavailable as error:
        log.warning("kernel %s: %d cells wait for the outbox: %s", uid, len(new), error)


def _new(uid: str, cell: Cell) -> NewExecution:
    return NewExecution(
        id=new_execution_id(uid),
        kernel_uid=uid,
        flow_id=cell.flow_id,
        node_id=cell.node_id,
        batch_id=cell.batch_id,
        stop_on_error=cell.stop_on_error,
        interactive=cell.interactive,
        code=cell.code,
        timeout_s=cell.timeout_s,
        idempotency_key=cell.idempotency_key,
        epoch_generation=None,
        epoch_number=None,
        cell_id=cell.cell_id,
    )


def _with_epochs(session: Doing, uid: str, door: Door, new: list[NewExecution]) -> list[NewExecution]:
    """Interactive cells are for the namespace that is there now; where there is none they run in any."""
    if door.generation is None or door.state != KernelState.READY.value:
        return new
    numbers = {new[0].flow_id: door.namespace}
    for one in new:
        if one.flow_id not in numbers:
            numbers[one.flow_id] = kernels.epoch_of(session, uid, one.flow_id)
    return [
        replace(one, epoch_generation=door.generation, epoch_number=numbers[one.flow_id])
        if one.interactive
        else one
        for one in new
    ]


def _accepted(committed: Committed) -> list[AcceptedCell]:
    people, everybody = committed.door.waiting_people, committed.door.waiting
    found = []
    for one in committed.new:
        everybody += 1
        people += one.interactive
        position = people if one.interactive else everybody
        found.append(AcceptedCell(one.id, one.kernel_uid, ExecutionState.QUEUED.value, position))
    return found


def _earlier(
    services: Services, uid: str, cells: Sequence[Cell], error: Conflict | KernelNotRunning
) -> AcceptedCell:
    """The execution that used the key, if it is of the same cell; else ``error`` is raised."""
    key = cells[0].idempotency_key if len(cells) == 1 else None
    if key is None:
        raise error
    with services.ledger.read() as session:
        row = executions.by_key(session, uid, key)
        position = executions.position(session, row) if row is not None else 0
    if row is None:
        raise error
    if any(getattr(row, name) != getattr(cells[0], name) for name in SAME):
        raise Conflict("this idempotency key was used for another cell on this kernel", "idempotency_key")
    return AcceptedCell(row.id, row.kernel_uid, row.status, position)
