"""The latest outputs of nodes: one object per (owner, flow or run, node, name)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session, aliased, undefer

from tasks.ledger.batches import batched, quietly
from tasks.ledger.doomed import doom
from tasks.ledger.holding import hold
from tasks.ledger.models import Flow, FlowOutput
from tasks.ledger.places import copy_rows, owner_of_run, places_of, run_key

MAIN = "main"


@dataclass(frozen=True, slots=True)
class NewFlowOutput:
    """An output to write. Size in bytes, SHA-256 in hex, ``columns`` as ``{"name", "type"}``.

    ``preview``: as ``kernel_worker.runner.previews.making`` has frames.
    """

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
    preview: dict[str, Any] | None = None
    passed_through: bool = False
    promoted: bool = False
    damaged: bool = False


def with_preview(s: Session, owner_id: int, flow_key: str, node_id: str, name: str) -> FlowOutput | None:
    """One output, with its preview, which no other query loads; None: it is not there."""
    here = (*_at(owner_id, flow_key), FlowOutput.node_id == node_id, FlowOutput.name == name)
    return s.scalars(select(FlowOutput).where(*here).options(undefer(FlowOutput.preview))).one_or_none()


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
    """Forget what a flow's nodes put out, in its runs too."""
    _delete(s, now, FlowOutput.owner_id == owner_id, places_of(FlowOutput.flow_key, flow_key))


def _remove(
    s: Session, owner_id: int, flow_key: str, node_id: str, names: Sequence[str] | None, now: float
) -> None:
    here = [*_at(owner_id, flow_key), FlowOutput.node_id == node_id]
    _delete(s, now, *here, *([] if names is None else [FlowOutput.name.in_(names)]))


def _at(owner_id: int, flow_key: str) -> tuple[ColumnElement[bool], ...]:
    return (FlowOutput.owner_id == owner_id, FlowOutput.flow_key == flow_key)


def _delete(s: Session, now: float, *where: ColumnElement[bool]) -> None:
    gone = quietly(delete(FlowOutput).where(*where).returning(FlowOutput.object_key))
    doom(s, s.scalars(gone), now)


# Runs -------------------------------------------------------------------------------------------


def expose_run(
    s: Session, owner_id: int, flow_id: str, run_id: str, nodes: Collection[str], now: float
) -> None:
    """A run has ended: what these nodes put out in it is what the flow shows of them; the run's stays.

    Rows are copied, objects are not. Nothing is done for a deleted flow.
    """
    hold(s, owner_id)
    flow = s.get(Flow, flow_id)
    if flow is None or flow.deleted_at is not None:
        return
    for some in batched(sorted(set(nodes))):
        _delete(s, now, *_at(owner_id, flow_id), FlowOutput.node_id.in_(some))
        here = (*_at(owner_id, run_key(run_id)), FlowOutput.node_id.in_(some))
        copy_rows(s, FlowOutput, *here, flow_key=flow_id)


def pass_through(
    s: Session,
    owner_id: int,
    run_id: str,
    node_id: str,
    source: tuple[str, str],
    execution_id: str,
    now: float,
) -> None:
    """A node of a run has succeeded and put out nothing: its output is what it read first.

    Args:
        source: the node and the name of that output. Where it is not there, nor is this one.
    """
    here, theirs = _at(owner_id, run_key(run_id)), aliased(FlowOutput)
    of_node = select(theirs.id).where(
        theirs.owner_id == owner_id, theirs.flow_key == run_key(run_id), theirs.node_id == node_id
    )
    first = (FlowOutput.node_id == source[0], FlowOutput.name == source[1])
    changes = {"node_id": node_id, "name": MAIN, "execution_id": execution_id, "created_at": now}
    copy_rows(s, FlowOutput, *here, *first, ~of_node.exists(), **changes, passed_through=True)


def copy_node(
    s: Session,
    owner_id: int,
    from_run: str,
    to_run: str,
    node_id: str,
    now: float,
    execution_id: str | None = None,
) -> None:
    """A node is not run, since another run's stands for it: so does what it had put out.

    Args:
        execution_id: whose outputs they are from now on; None: still those of the execution that wrote them.
    """
    hold(s, owner_id)
    target = run_key(to_run)
    _delete(s, now, *_at(owner_id, target), FlowOutput.node_id == node_id)
    changes = {"flow_key": target} | ({} if execution_id is None else {"execution_id": execution_id})
    here = (*_at(owner_id, run_key(from_run)), FlowOutput.node_id == node_id)
    copy_rows(s, FlowOutput, *here, **changes)


def delete_run(s: Session, run_id: str, now: float) -> None:
    """Forget what a run's nodes put out. Objects that another place names stay."""
    owner_id = owner_of_run(s, run_id)
    mine = [] if owner_id is None else [FlowOutput.owner_id == owner_id]
    _delete(s, now, FlowOutput.flow_key == run_key(run_id), *mine)


# Promotion --------------------------------------------------------------------------------------


def unpromoted(s: Session, limit: int) -> list[FlowOutput]:
    """The oldest whose object is still below its kernel's prefix: one for each object."""
    earlier = aliased(FlowOutput)
    same = (earlier.object_key == FlowOutput.object_key, earlier.id < FlowOutput.id, ~earlier.promoted)
    query = select(FlowOutput).where(~FlowOutput.promoted, ~select(earlier.id).where(*same).exists())
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
