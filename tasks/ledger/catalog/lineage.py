"""What a version was made from and by, who read it, and what was made from it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from tasks.ledger import news
from tasks.ledger.models import CatalogInput, CatalogRead, CatalogVersion, Execution
from tasks.ledger.upsert import insert_into

MOST = 1_000
"""Readers, and versions made from one, that are told."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Both ways. The producer is in ``version`` itself: flow, node, execution, code's sum, lock.

    ``inputs``: ``namespace::name@version`` and names of local artifacts that its maker had read.
    ``readers``: nodes that read it, the latest first. ``made_from_it``: versions whose inputs it is.
    ``run_id``: the run that made it; None: it was no run's, or its execution is forgotten.
    """

    version: CatalogVersion
    inputs: list[str]
    readers: list[CatalogRead]
    made_from_it: list[CatalogVersion]
    run_id: str | None


def reference(row: CatalogVersion) -> str:
    """A version as it stands among another's inputs."""
    return f"{row.namespace}::{row.name}@{row.version}"


def lineage(s: Session, row: CatalogVersion) -> Lineage:
    """The lineage of a version; ``preview`` of those made from it is not loaded."""
    inputs = select(CatalogInput.input).where(CatalogInput.version_id == row.id)
    readers = select(CatalogRead).where(CatalogRead.version_id == row.id)
    made = (
        select(CatalogVersion)
        .join(CatalogInput, CatalogInput.version_id == CatalogVersion.id)
        .where(CatalogInput.input == reference(row), CatalogVersion.owner_id == row.owner_id)
        .options(defer(CatalogVersion.preview, raiseload=True))
    )
    return Lineage(
        row,
        list(s.scalars(inputs.order_by(CatalogInput.input))),
        list(s.scalars(readers.order_by(CatalogRead.at.desc()).limit(MOST))),
        list(s.scalars(made.order_by(CatalogVersion.id.desc()).limit(MOST))),
        s.scalar(select(Execution.run_id).where(Execution.id == row.execution_id)),
    )


def is_noted(s: Session, version_id: int, flow_key: str, node_id: str, execution_id: str) -> bool:
    """Whether ``note_read`` would change nothing that counts."""
    row = s.get(CatalogRead, (version_id, flow_key, node_id))
    return row is not None and row.execution_id == execution_id


def note_read(
    s: Session, version_id: int, flow_key: str, node_id: str, execution_id: str, now: float
) -> None:
    """Note that a node read a version; the last time counts."""
    new = insert_into(s, CatalogRead).values(
        version_id=version_id, flow_key=flow_key, node_id=node_id, execution_id=execution_id, at=now
    )
    last = {"execution_id": new.excluded.execution_id, "at": new.excluded.at}
    s.execute(new.on_conflict_do_update(index_elements=["version_id", "flow_key", "node_id"], set_=last))
    owner_id = s.scalar(select(CatalogVersion.owner_id).where(CatalogVersion.id == version_id))
    if owner_id is not None:
        news.note(s, owner_id, "catalog")
