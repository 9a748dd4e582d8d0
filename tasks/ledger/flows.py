"""Flows and their versions. A flow is its owner's; an admin sees all. A deleted one is not there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from broker_config.wire import names
from broker_config.wire.errors import NotFound
from tasks.ledger import artifacts, outputs, pages, schedules, versioned
from tasks.ledger.holding import hold
from tasks.ledger.models import Flow, FlowVersion, User


def create(s: Session, owner: User, name: str, document: dict[str, Any], now: float) -> Flow:
    """A flow with its version 1; ``document`` as ``flow_documents.validate`` gave it."""
    flow = Flow(id=names.new_uid(), owner_id=owner.id, name=name, version=1, created_at=now, updated_at=now)
    s.add(flow)
    s.flush()
    _add_version(s, flow, document, owner.id, now)
    return flow


def save(
    s: Session, user: User, flow: Flow, name: str, document: dict[str, Any], expected: int, now: float
) -> Flow:
    """The flow with one more version, if ``expected`` is still its newest.

    Raises:
        Conflict: field ``version``: somebody else saved it meanwhile. NotFound: it was deleted meanwhile.
    """
    row = versioned.advance(s, Flow, flow.id, expected, name=name, updated_at=now)
    _add_version(s, row, document, user.id, now)
    return row


def _add_version(s: Session, flow: Flow, document: dict[str, Any], user_id: int, now: float) -> None:
    s.add(
        FlowVersion(
            flow_id=flow.id,
            version=flow.version,
            name=flow.name,
            document=document,
            saved_by=user_id,
            saved_at=now,
        )
    )
    with versioned.told_apart(Flow):
        s.flush()


def visible(s: Session, user: User, flow_id: str) -> Flow:
    """The flow of an id, if it is this user's; an admin sees all.

    Raises:
        NotFound: none, deleted, or somebody else's.
    """
    return versioned.visible(s, user, Flow, flow_id)


def page(
    s: Session, user: User, after: str | None, limit: int, all: bool = False
) -> tuple[list[Flow], str | None]:
    """A user's flows, the oldest first, and the next cursor; an admin may ask for everybody's.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(Flow).where(Flow.deleted_at.is_(None))
    if not (all and user.role == "admin"):
        query = query.where(Flow.owner_id == user.id)
    if after is not None:
        query = query.where(tuple_(Flow.created_at, Flow.id) > tuple_(*pages.decode(after, float, str)))
    rows = s.scalars(query.order_by(Flow.created_at, Flow.id).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda flow: [flow.created_at, flow.id])


def newest(s: Session, flow: Flow) -> FlowVersion:
    """The version that counts."""
    return version(s, flow, flow.version)


def version(s: Session, flow: Flow, number: int) -> FlowVersion:
    """A version by its number.

    Raises:
        NotFound: there is none.
    """
    found = s.get(FlowVersion, (flow.id, number))
    if found is None:
        raise NotFound(f"this flow has no version {number}; its newest is {flow.version}")
    return found


def versions(s: Session, flow: Flow, after: str | None, limit: int) -> tuple[list[FlowVersion], str | None]:
    """Its versions, the newest first, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(FlowVersion).where(FlowVersion.flow_id == flow.id)
    return versioned.newest_first(s, query, FlowVersion.version, after, limit)


def delete(s: Session, flow: Flow, now: float) -> None:
    """Delete a flow, its schedules, outputs and local artifacts; what it published in the catalog stays.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    hold(s, flow.owner_id)  # nobody finalizes an execution of it meanwhile
    versioned.mark_deleted(s, Flow, flow.id, now)
    schedules.end_of_flow(s, flow.id, now)
    outputs.delete_flow(s, flow.owner_id, flow.id, now)
    artifacts.delete_flow(s, flow.owner_id, flow.id, now)
