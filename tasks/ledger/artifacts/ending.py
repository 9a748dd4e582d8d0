"""Artifacts end with their flow or kernel, with a stop where their kernel keeps none, or unpublished."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tasks.ledger import news
from tasks.ledger.doomed import doom
from tasks.ledger.models import Artifact, Execution, Kernel
from tasks.ledger.places import of_runs, places_of


def delete_flow(s: Session, owner_id: int, flow_key: str, now: float) -> None:
    """Forget all artifacts of a flow and of its runs, staged ones too."""
    here = (Artifact.owner_id == owner_id, places_of(Artifact.flow_key, flow_key))
    news.note(s, owner_id, "artifacts")
    for one in (~Artifact.staged, Artifact.staged):  # each has its index
        doom(s, s.scalars(delete(Artifact).where(*here, one).returning(Artifact.object_key)), now)


def clear_kernel(s: Session, kernel_uid: str, now: float) -> int:
    """Forget what a kernel published, for flows and their runs. What executions have staged is left to them.

    Returns:
        How many artifacts flows had of it; what only runs of their own had does not count.
    """
    here = (Artifact.kernel_uid == kernel_uid, ~Artifact.staged)
    in_flows = delete(Artifact).where(*here, ~of_runs(Artifact.flow_key)).returning(Artifact.object_key)
    keys = list(s.scalars(in_flows))
    in_runs = s.scalars(delete(Artifact).where(*here).returning(Artifact.object_key))
    doom(s, [*keys, *in_runs], now)
    _note(s, kernel_uid)
    return len(keys)


def delete_kernel(s: Session, kernel_uid: str) -> None:
    """Forget all of a deleted kernel's, and its loose namespace's. Objects are not doomed."""
    s.execute(delete(Artifact).where(Artifact.kernel_uid == kernel_uid))
    s.execute(delete(Artifact).where(Artifact.flow_key == f"~{kernel_uid}"))
    _note(s, kernel_uid)


def _note(s: Session, kernel_uid: str) -> None:
    owner_id = s.scalar(select(Kernel.owner_id).where(Kernel.uid == kernel_uid))
    if owner_id is not None:
        news.note(s, owner_id, "artifacts")


def drop_staged(s: Session, ended_before: float, limit: int, now: float) -> int:
    """Forget what executions staged that ended before that time; how many. Their objects are doomed."""
    over = (
        select(Artifact.id)
        .join(Execution, Execution.id == Artifact.execution_id)
        .where(Artifact.staged, Execution.finished_at < ended_before)
        .limit(limit)
    )
    ids = list(s.scalars(over))
    doom(s, s.scalars(delete(Artifact).where(Artifact.id.in_(ids)).returning(Artifact.object_key)), now)
    return len(ids)


def mark_damaged(s: Session, artifact_id: int) -> None:
    """Note that an artifact's bytes are not what was published; the object stays."""
    s.execute(update(Artifact).where(Artifact.id == artifact_id).values(damaged=True))
