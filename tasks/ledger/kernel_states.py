"""Changes of kernels: by compare-and-set on ``revision``, through the transition table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from broker_config.wire import names
from broker_config.wire.errors import NotFound, WrongTransition
from broker_config.wire.states import KERNEL_TRANSITIONS, DesiredState, KernelState, check
from tasks.ledger.models import Kernel

EXISTS = Kernel.deleted_at.is_(None)
SETTLED = {
    DesiredState.RUNNING: (KernelState.READY, KernelState.UNRESPONSIVE, KernelState.ERROR),
    DesiredState.STOPPED: (KernelState.STOPPED,),
}


def _swap(s: Session, kernel: Kernel, values: dict[str, Any]) -> Kernel:
    """Change the row if nobody did since ``kernel`` was read; return it as it is now.

    Raises:
        WrongTransition: somebody did.
    """
    change = (
        sql_update(Kernel)
        .where(Kernel.uid == kernel.uid, Kernel.revision == kernel.revision, EXISTS)
        .values(**values, revision=kernel.revision + 1)
        .returning(Kernel)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    changed = s.scalars(change).one_or_none()
    if changed is None:
        raise WrongTransition("the kernel was changed by somebody else meanwhile")
    return changed


def update(s: Session, kernel: Kernel, **fields: Any) -> Kernel:
    """Set columns other than the state; return the kernel as it is now.

    Raises:
        WrongTransition: the compare-and-set lost: read the kernel again and decide anew.
        ValueError: a state is among the fields; ``move`` and ``intend`` set those.
    """
    if {"state", "desired_state", "revision", "uid", "next_seq"} & fields.keys():
        raise ValueError("states and counters have functions of their own")
    return _swap(s, kernel, fields)


def move(s: Session, kernel: Kernel, new: KernelState, now: float, **fields: Any) -> Kernel:
    """Change the state (and ``fields``); ``error`` is cleared unless given.

    ``ready_since`` is when it came up: who answers again after a silence was up all the time.

    Raises:
        WrongTransition: the table does not know this change, or the compare-and-set lost.
    """
    check(KERNEL_TRANSITIONS, KernelState(kernel.state), new)
    values = {"error": None, **fields, "state": new.value, "state_since": now}
    if new is KernelState.READY and kernel.state != KernelState.UNRESPONSIVE:
        values["ready_since"] = now
    return _swap(s, kernel, values)


def intend(s: Session, kernel: Kernel, desired: DesiredState, now: float) -> str:
    """Note what a person wants and return the nonce of the message that carries it. The last one counts.

    What Husk did by itself before is told no more. ``revision`` is left alone: a wish must not make the
    workers' own changes fail.

    Raises:
        NotFound: the kernel is deleted, or somebody wants that and this is another wish.
    """
    nonce = names.new_token(16)
    change = sql_update(Kernel).where(Kernel.uid == kernel.uid, EXISTS)
    if desired is not DesiredState.DELETED:
        change = change.where(Kernel.desired_state != DesiredState.DELETED.value)
    values: dict[str, Any] = {"desired_state": desired.value, "intent_nonce": nonce, "intended_at": now}
    values |= {"note": None, "noted_at": None}
    if s.scalar(change.values(**values).returning(Kernel.uid)) is None:
        raise NotFound("there is no such kernel")
    return nonce


def alive(s: Session) -> list[Kernel]:
    """Kernels that are there and not stopped."""
    query = select(Kernel).where(EXISTS, Kernel.state != KernelState.STOPPED.value)
    return list(s.scalars(query.order_by(Kernel.uid)))


def unsettled(s: Session) -> list[Kernel]:
    """Kernels that are not as they are meant to be.

    One in ``error`` that is meant to run counts only if that was asked after the error: it is
    started again by a person, not by itself.
    """
    return [kernel for kernel in s.scalars(select(Kernel).where(EXISTS)) if not _settled(kernel)]


def _settled(kernel: Kernel) -> bool:
    desired, state = DesiredState(kernel.desired_state), KernelState(kernel.state)
    if desired is DesiredState.RUNNING and state is KernelState.ERROR:
        return (kernel.intended_at or 0.0) <= kernel.state_since
    return state in SETTLED.get(desired, ())


def mark_deleted(s: Session, kernel: Kernel, now: float) -> None:
    """End a stopped kernel for ever; its id may be given again, its uid never.

    Raises:
        WrongTransition: it is not stopped, or the compare-and-set lost.
    """
    if kernel.state != KernelState.STOPPED.value:
        raise WrongTransition(f"a kernel that is {kernel.state} cannot be deleted")
    _swap(s, kernel, {"deleted_at": now, "lock_digest": None})
