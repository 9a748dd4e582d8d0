"""What policies need to know of kernels' work, and the stop of one that has none."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from broker_config.wire import names
from broker_config.wire.states import DesiredState, KernelState
from tasks.ledger.attention import OPEN
from tasks.ledger.models import Execution, Kernel

EXISTS = Kernel.deleted_at.is_(None)
SERVES = (KernelState.READY.value, KernelState.UNRESPONSIVE.value)


def is_busy(s: Session, uid: str) -> bool:
    """Whether a cell runs or waits."""
    return bool(s.scalar(select(exists().where(Execution.kernel_uid == uid, OPEN))))


def last_end(s: Session, uid: str) -> float | None:
    """When the last cell that ended did so, in unix seconds."""
    ended = (Execution.kernel_uid == uid, Execution.finished_at.is_not(None))
    newest = Execution.finished_at.desc()
    return s.scalar(select(Execution.finished_at).where(*ended).order_by(newest).limit(1))


def stop_idle(s: Session, seen: Kernel, note: str, now: float) -> bool:
    """Note that a kernel shall stop, if nobody wanted anything of it since ``seen`` was read.

    A cell that is accepted at the same moment has taken a place on it: then it goes on, and this is False.
    One that comes later finds a kernel that is meant to be stopped.
    """
    change: Any = (
        update(Kernel)
        .where(Kernel.uid == seen.uid, EXISTS, Kernel.next_seq == seen.next_seq)
        .where(Kernel.desired_state == DesiredState.RUNNING.value, Kernel.state.in_(SERVES))
        .where(Kernel.intent_nonce.is_not_distinct_from(seen.intent_nonce))
        .where(~exists().where(Execution.kernel_uid == seen.uid, OPEN))
        .values(desired_state=DesiredState.STOPPED.value, intent_nonce=names.new_token(16), intended_at=now)
        .values(note=note, noted_at=now, idle_stops=Kernel.idle_stops + 1)
        .returning(Kernel.uid)
        .execution_options(synchronize_session=False)
    )
    return s.scalar(change) is not None


def totals(s: Session) -> tuple[int, int]:
    """Restarts and stops that happened by themselves, of all kernels there ever were."""
    query = select(func.sum(Kernel.restarts), func.sum(Kernel.idle_stops))
    restarts, stops = s.execute(query).one()
    return int(restarts or 0), int(stops or 0)
