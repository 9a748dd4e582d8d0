"""Locks of kernels' packages: kept once each, whoever made them; which kernels have which."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tasks.environments.locks import Lock
from tasks.ledger.models import EnvironmentLock, Kernel
from tasks.ledger.upsert import insert_into

EXISTS = Kernel.deleted_at.is_(None)


def keep(s: Session, lock: Lock, by: int | None, now: float) -> str:
    """Keep a lock unless it is there; its digest. ``by``: the user who made it.

    One that is there counts as made now: ``forget`` leaves it to the kernel that is to have it.
    """
    values = {
        "digest": lock.digest,
        "text": lock.text,
        "python": lock.python,
        "flavour": lock.flavour,
        "packages": list(lock.packages),
        "allow_sdist": lock.allow_sdist,
        "made_by": by,
        "made_at": now,
    }
    insert = insert_into(s, EnvironmentLock).values(**values)
    s.execute(insert.on_conflict_do_update(index_elements=["digest"], set_={"made_at": now}))
    return lock.digest


def get(s: Session, digest: str) -> Lock | None:
    """A lock that is kept."""
    row = s.get(EnvironmentLock, digest)
    if row is None:
        return None
    return Lock(row.python, row.flavour, tuple(row.packages), row.text, row.allow_sdist)


def lock_of(s: Session, kernel: Kernel) -> Lock | None:
    """A kernel's lock; None: it has no packages besides its flavour's."""
    return None if kernel.lock_digest is None else get(s, kernel.lock_digest)


def forget(s: Session, before: float) -> int:
    """Remove locks that no kernel has and nobody made since; how many."""
    had = select(Kernel.uid).where(Kernel.lock_digest == EnvironmentLock.digest)
    unused = delete(EnvironmentLock).where(EnvironmentLock.made_at < before, ~had.exists())
    gone = s.scalars(unused.returning(EnvironmentLock.digest).execution_options(synchronize_session=False))
    return len(gone.all())


def used(s: Session) -> set[str]:
    """Digests of the locks that kernels have which are not deleted."""
    query = select(Kernel.lock_digest).where(EXISTS, Kernel.lock_digest.is_not(None)).distinct()
    return {digest for digest in s.scalars(query) if digest is not None}
