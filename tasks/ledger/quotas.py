"""How much of the host one user's kernels may take: decided in the transaction that makes or starts one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from broker_config.settings import Settings
from broker_config.wire.errors import BadField, QuotaExceeded
from broker_config.wire.states import DesiredState, KernelState
from tasks.ledger.models import Kernel, User

EXISTS = Kernel.deleted_at.is_(None)
ROUNDING_GB = 1e-6

_down = Kernel.state.in_([KernelState.STOPPED.value, KernelState.ERROR.value])
_asked_again = or_(Kernel.restart_at.is_not(None), Kernel.intended_at > Kernel.state_since)
_comes = and_(
    Kernel.desired_state == DesiredState.RUNNING.value,
    or_(Kernel.state == KernelState.STOPPED.value, _asked_again),
)
HOLDS = and_(EXISTS, or_(~_down, _comes))
"""Kernels that have memory of the host, or will without anybody's further doing."""
_LEAVES = Kernel.desired_state == DesiredState.DELETED.value


@dataclass(frozen=True, slots=True)
class Quota:
    """The most that one user may have; 0: as much as there is. Memory: limits of running kernels in all."""

    kernels: int
    memory_gb: float


def quota_of(settings: Settings) -> Quota:
    """Everybody's, as it is set."""
    return Quota(settings.kernels_per_user, settings.memory_gb_per_user)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a user has of it."""

    kernels: int = 0
    memory_gb: float = 0.0


def usages(s: Session, owner_ids: Collection[int]) -> dict[int, Usage]:
    """What these users have. One that is being deleted is not counted, but its memory is until it is gone."""
    count = func.sum(case((_LEAVES, 0), else_=1))
    memory = func.sum(case((HOLDS, Kernel.memory_gb), else_=0.0))
    query = select(Kernel.owner_id, count, memory).where(EXISTS, Kernel.owner_id.in_(owner_ids))
    found = s.execute(query.group_by(Kernel.owner_id))
    used = {owner: Usage(int(number), float(gb)) for owner, number, gb in found}
    return {owner: used.get(owner, Usage()) for owner in owner_ids}


def holds(s: Session, uid: str) -> bool:
    """Whether a kernel has memory of the host, or will without anybody's further doing."""
    return s.scalar(select(Kernel.uid).where(Kernel.uid == uid, HOLDS)) is not None


def lock(s: Session, owner_id: int) -> None:
    """Nobody else decides about this user's kernels until the transaction ends.

    SQLite writes one at a time anyhow. It is the kind of lock that rows which refer to the user do not meet.
    """
    s.execute(select(User.id).where(User.id == owner_id).with_for_update(key_share=True))


def check_size(quota: Quota, memory_gb: float) -> None:
    """Raise ``BadField`` for a kernel that could never be started."""
    if quota.memory_gb and memory_gb > quota.memory_gb + ROUNDING_GB:
        raise BadField(
            f"is at most {quota.memory_gb:g}: so much may the running kernels of one user have in all",
            "memory_gb",
        )


def check_create(s: Session, owner_id: int, quota: Quota) -> None:
    """Before a kernel is made, in the same transaction: whether its owner may have one more.

    Raises:
        QuotaExceeded: they have as many as there may be.
    """
    lock(s, owner_id)
    used = usages(s, [owner_id])[owner_id]
    if quota.kernels and used.kernels >= quota.kernels:
        raise QuotaExceeded(
            f"a user may have {quota.kernels} kernels, and there are {used.kernels}: delete one first, "
            "or ask an admin for a greater HUSK_KERNELS_PER_USER"
        )


def check_start(s: Session, kernel: Kernel, quota: Quota) -> None:
    """Before a start is asked for, in the same transaction: whether its owner may have its memory, too.

    Raises:
        QuotaExceeded: the running kernels leave too little.
    """
    if not quota.memory_gb:
        return
    lock(s, kernel.owner_id)
    needed = s.scalar(select(Kernel.memory_gb).where(Kernel.uid == kernel.uid)) or 0.0
    used = usages(s, [kernel.owner_id])[kernel.owner_id]
    if holds(s, kernel.uid) or used.memory_gb + needed <= quota.memory_gb + ROUNDING_GB:
        return
    raise QuotaExceeded(
        f"this kernel needs {needed:g} GB, and of {quota.memory_gb:g} GB that the running kernels "
        f"of one user may have in all, {used.memory_gb:g} GB are in use: stop another one, "
        "give this one less memory, or ask an admin for a greater HUSK_MEMORY_GB_PER_USER"
    )
