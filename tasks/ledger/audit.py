"""Who changed what: one row a change, in the change's own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select
from sqlalchemy.orm import Session

from tasks.ledger import pages
from tasks.ledger.doing import Doing, connection_of
from tasks.ledger.models import AuditEvent, Base

_INSERT = insert(Base.metadata.tables[AuditEvent.__tablename__])
LONGEST_TARGET = 200
ITSELF = "husk"
"""Whose name stands at what nobody asked for; no account may have it."""


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


def note(s: Doing, actor: Actor, change: Change, now: float) -> None:
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
    connection_of(s).execute(_INSERT, values)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events; None: any.

    ``action`` is one, or what stands before its dot. ``about`` is a target; with a kernel's uid its
    executions count, too. Times in unix seconds: from ``since`` on, before ``until``.
    """

    actor: str | None = None
    action: str | None = None
    about: str | None = None
    since: float | None = None
    until: float | None = None

    def terms(self) -> list[ColumnElement[bool]]:
        """As terms of a query."""
        terms: list[ColumnElement[bool]] = []
        if self.actor is not None:
            terms.append(AuditEvent.actor == self.actor)
        if self.action is not None:
            group = AuditEvent.action.startswith(f"{self.action}.", autoescape=True)
            terms.append(or_(AuditEvent.action == self.action, group))
        if self.about is not None:
            executions = AuditEvent.target.startswith(f"{self.about}-", autoescape=True)
            terms.append(or_(AuditEvent.target == self.about, executions))
        if self.since is not None:
            terms.append(AuditEvent.at >= self.since)
        if self.until is not None:
            terms.append(AuditEvent.at < self.until)
        return terms


ALL = Wanted()


def page(
    s: Session, after: str | None, limit: int, wanted: Wanted = ALL
) -> tuple[list[AuditEvent], str | None]:
    """Events, newest first, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(AuditEvent).where(*wanted.terms()).order_by(AuditEvent.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(AuditEvent.id < pages.decode(after, int)[0])
    return pages.cut(s.scalars(query).all(), limit, lambda row: [row.id])
