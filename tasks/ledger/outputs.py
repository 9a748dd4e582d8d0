"""The latest outputs of nodes: one object per (owner, flow, node, name)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tasks.ledger.doomed import doom
from tasks.ledger.models import FlowOutput


@dataclass(frozen=True, slots=True)
class NewFlowOutput:
    """An output to write. Size in bytes, SHA-256 in hex, ``columns`` as ``{"name", "type"}``."""

    owner_id: int
    flow_key: str
    node_id: str
    name: str
    kernel_uid: str
    execution_id: str
    object_key: str
    size: int
    sha256: str
    rows: int | None
    columns: list[Any]
    passed_through: bool = False
    promoted: bool = False
    damaged: bool = False


def of_nodes(s: Session, owner_id: int, flow_key: str, nodes: Collection[str]) -> list[FlowOutput]:
    """The outputs of these nodes of a flow, by node and name."""
    if not nodes:
        return []
    here = (FlowOutput.owner_id == owner_id, FlowOutput.flow_key == flow_key)
    query = select(FlowOutput).where(*here, FlowOutput.node_id.in_(nodes))
    return list(s.scalars(query.order_by(FlowOutput.node_id, FlowOutput.name)))


def of_flow(s: Session, owner_id: int, flow_key: str) -> list[FlowOutput]:
    """All outputs of a flow, by node and name."""
    query = select(FlowOutput).where(FlowOutput.owner_id == owner_id, FlowOutput.flow_key == flow_key)
    return list(s.scalars(query.order_by(FlowOutput.node_id, FlowOutput.name)))


def write(s: Session, new: Sequence[NewFlowOutput], now: float) -> None:
    """Put these in the place of what has their names."""
    for one in new:
        _remove(s, one.owner_id, one.flow_key, one.node_id, [one.name], now)
    s.add_all(FlowOutput(**asdict(one), created_at=now) for one in new)
    s.flush()


def replace(
    s: Session, owner_id: int, flow_key: str, node_id: str, new: Sequence[NewFlowOutput], now: float
) -> None:
    """Put these in the place of all that a node had put out."""
    _remove(s, owner_id, flow_key, node_id, None, now)
    s.add_all(FlowOutput(**asdict(one), created_at=now) for one in new)
    s.flush()


def delete_flow(s: Session, owner_id: int, flow_key: str, now: float) -> None:
    """Forget what a flow's nodes put out."""
    here = (FlowOutput.owner_id == owner_id, FlowOutput.flow_key == flow_key)
    doom(s, s.scalars(delete(FlowOutput).where(*here).returning(FlowOutput.object_key)), now)


def _remove(
    s: Session, owner_id: int, flow_key: str, node_id: str, names: Sequence[str] | None, now: float
) -> None:
    gone = delete(FlowOutput).where(
        FlowOutput.owner_id == owner_id, FlowOutput.flow_key == flow_key, FlowOutput.node_id == node_id
    )
    if names is not None:
        gone = gone.where(FlowOutput.name.in_(names))
    doom(s, s.scalars(gone.returning(FlowOutput.object_key)), now)


# Promotion --------------------------------------------------------------------------------------


def unpromoted(s: Session, limit: int) -> list[FlowOutput]:
    """The oldest whose object is still below its kernel's prefix: one for each object."""
    first = select(func.min(FlowOutput.id)).where(FlowOutput.promoted.is_(False))
    query = select(FlowOutput).where(FlowOutput.id.in_(first.group_by(FlowOutput.object_key)))
    return list(s.scalars(query.order_by(FlowOutput.id).limit(limit)))


def promote(s: Session, old_key: str, new_key: str, now: float) -> None:
    """Note that an object was copied: all outputs that are this object are the copy now."""
    _everywhere(s, old_key, object_key=new_key, promoted=True)
    doom(s, [old_key], now)


def mark_damaged(s: Session, key: str) -> None:
    """Note that an object's bytes are not what was written; it is not promoted any more."""
    _everywhere(s, key, damaged=True, promoted=True)


def _everywhere(s: Session, key: str, **values: Any) -> None:
    s.execute(update(FlowOutput).where(FlowOutput.object_key == key).values(**values))
