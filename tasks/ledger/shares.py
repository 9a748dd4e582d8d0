"""Kernels that their owners share with named users, and what somebody may do with a kernel."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, delete, exists, insert, or_, select, true
from sqlalchemy.orm import Session

from tasks.ledger.models import Kernel, KernelShare, User

MOST_OF_ONE = 200
"""Users with whom one kernel is shared."""


class Access(StrEnum):
    """What somebody may do with a kernel; each may what those before it may."""

    VIEWER = "viewer"  # sees it, its executions and their output
    EDITOR = "editor"  # runs and cancels cells, starts and stops it
    OWNER = "owner"  # changes, shares and deletes it
    ADMIN = "admin"  # the same, with everybody's


ORDER = tuple(Access)


def covers(has: Access, needs: Access) -> bool:
    """Whether who has this access may do what needs that one; owner and admin may the same."""
    return ORDER.index(has) >= min(ORDER.index(needs), ORDER.index(Access.OWNER))


def shared_uids(user: User) -> Select[str]:
    """A query of the uids that are shared with a user."""
    return select(KernelShare.kernel_uid).where(KernelShare.user_id == user.id)


def uids_of(s: Session, user: User) -> set[str]:
    """The uids that are shared with a user."""
    return set(s.scalars(shared_uids(user)))


def may_see(user: User) -> ColumnElement[bool]:
    """The term of a query for kernels that a user may see, whatever they may do with them."""
    if user.role == "admin":
        return true()
    mine = exists().where(KernelShare.kernel_uid == Kernel.uid, KernelShare.user_id == user.id)
    return or_(Kernel.owner_id == user.id, mine)


def access(s: Session, user: User, kernel: Kernel) -> Access | None:
    """What a user may do with a kernel; None: not even see it."""
    return access_many(s, user, [kernel])[kernel.uid]


def access_many(s: Session, user: User, kernels: Sequence[Kernel]) -> dict[str, Access | None]:
    """The same of several, by uid. Who is a viewer only looks, at what is their own, too."""
    foreign = [kernel.uid for kernel in kernels if kernel.owner_id != user.id]
    roles: dict[str, str] = {}
    if foreign and user.role != "admin":
        here = (KernelShare.user_id == user.id, KernelShare.kernel_uid.in_(foreign))
        rows = s.execute(select(KernelShare.kernel_uid, KernelShare.role).where(*here))
        roles = {uid: role for uid, role in rows}
    return {kernel.uid: access_by(user, kernel, roles.get(kernel.uid)) for kernel in kernels}


def access_by(user: User, kernel: Kernel, shared: str | None) -> Access | None:
    """The same where the role is known with which the kernel is shared with the user."""
    own = kernel.owner_id == user.id
    if user.role == "admin":
        return Access.OWNER if own else Access.ADMIN
    if not own and shared is None:
        return None
    if user.role == "viewer":
        return Access.VIEWER
    return Access.OWNER if own else Access(str(shared))


def roles(s: Session, uids: Collection[str]) -> dict[tuple[str, int], str]:
    """With whom these kernels are shared: roles by uid and user id."""
    query = select(KernelShare.kernel_uid, KernelShare.user_id, KernelShare.role)
    return {(uid, user): role for uid, user, role in s.execute(query.where(KernelShare.kernel_uid.in_(uids)))}


def of_kernel(s: Session, kernel_uid: str) -> list[tuple[str, str]]:
    """With whom a kernel is shared: names and roles, by name."""
    query = select(User.name, KernelShare.role).join(User, User.id == KernelShare.user_id)
    rows = s.execute(query.where(KernelShare.kernel_uid == kernel_uid).order_by(User.name))
    return [(name, role) for name, role in rows]


def replace(s: Session, kernel_uid: str, roles: Mapping[int, str], now: float) -> None:
    """Share a kernel with these users (id → role) and nobody else.

    Raises:
        Conflict: there is no such user.
    """
    s.execute(delete(KernelShare).where(KernelShare.kernel_uid == kernel_uid))
    rows = [
        {"kernel_uid": kernel_uid, "user_id": user_id, "role": role, "created_at": now}
        for user_id, role in roles.items()
    ]
    if rows:
        s.execute(insert(KernelShare), rows)
