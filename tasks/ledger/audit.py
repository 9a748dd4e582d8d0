"""Who changed what: one row a change, in the change's own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tasks.ledger import pages
from tasks.ledger.models import AuditEvent, Base

_INSERT = insert(Base.metadata.tables[AuditEvent.__tablename__])
LONGEST_TARGET = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, and in which request. ``user_id`` None: nobody who is logged in."""

    user_id: int | None
    name: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to what. ``detail`` holds no code, no secret and no value of an environment."""

    action: str
    target: str
    detail: dict[str, Any]


def note(s: Session, actor: Actor, change: Change, now: float) -> None:
    """Write one event."""
    values = {
        "at": now,
        "actor_id": actor.user_id,
        "actor": actor.name,
        "action": change.action,
        "target": change.target[:LONGEST_TARGET],
        "detail": change.detail,
        "request_id": actor.request_id,
    }
    s.connection().execute(_INSERT, values)


def page(s: Session, after: str | None, limit: int) -> tuple[list[AuditEvent], str | None]:
    """Events, newest first, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(AuditEvent.id < pages.decode(after, int)[0])
    return pages.cut(s.scalars(query).all(), limit, lambda row: [row.id])
