"""Who changed what, for admins."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field

from tasks.ledger import audit
from tasks.ledger.models import AuditEvent
from web.answers import page
from web.api.documents import answers, resource
from web.api.shapes.basic import LIST_END, moment
from web.context import services
from web.validation.checked import checked
from web.validation.fields import PageQuery, Shape

api = resource("audit", "Who changed what")


class AuditShape(Shape):
    """One change."""

    id: int
    at: str | None
    actor: str = Field(description="Name of the account; empty: nobody who was logged in")
    action: str
    target: str
    detail: dict[str, Any]
    request_id: str


class AuditList(Shape):
    """Changes, newest first."""

    items: list[AuditShape]
    next: str | None = Field(description=LIST_END)


@api.get("/audit", responses=answers(200, AuditList))
@checked
def every(query: PageQuery) -> Response:
    """Every change by people, newest first. It holds no code and no secret."""
    with services().ledger.read() as session:
        rows, after = audit.page(session, query.after, query.limit)
    return page(rows, after, _show)


def _show(row: AuditEvent) -> dict[str, Any]:
    plain = ("id", "actor", "action", "target", "detail", "request_id")
    return {**{name: getattr(row, name) for name in plain}, "at": moment(row.at)}
