"""Who changed what, for admins."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from pydantic import Field

from broker_config.wire.errors import NotFound
from tasks.ledger import audit, kernels
from tasks.ledger.models import AuditEvent
from tasks.ledger.session import Session
from web.answers import page
from web.api.documents import answers, resource
from web.api.shapes.basic import LIST_END, moment
from web.context import caller, services
from web.validation.checked import checked
from web.validation.fields import KernelId, Name, PageQuery, Shape
from web.validation.moments import Moment

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


class AuditQuery(PageQuery):
    """Which changes."""

    actor: Name | None = Field(None, description="Name of the account")
    action: Annotated[str, Field(min_length=1, max_length=40)] | None = Field(
        None, description="`kernel.create`; or `kernel` for all that begin with it"
    )
    kernel: KernelId | None = Field(None, description="A kernel by its uid, or one's own id for it")
    since: Moment | None = Field(None, description="From then on")
    until: Moment | None = Field(None, description="Before then")


@api.get("/audit", responses=answers(200, AuditList))
@checked
def every(query: AuditQuery) -> Response:
    """Every change by people, newest first. It holds no code and no secret."""
    with services().ledger.read() as session:
        wanted = audit.Wanted(
            query.actor, query.action, _uid(session, query.kernel), query.since, query.until
        )
        rows, after = audit.page(session, query.after, query.limit, wanted)
    return page(rows, after, _show)


def _uid(session: Session, ref: str | None) -> str | None:
    """A kernel's uid. What names no kernel that is there may be the uid of a deleted one."""
    if ref is None:
        return None
    try:
        return kernels.visible(session, caller().user, ref).uid
    except NotFound:
        return ref


def _show(row: AuditEvent) -> dict[str, Any]:
    plain = ("id", "actor", "action", "target", "detail", "request_id")
    return {**{name: getattr(row, name) for name in plain}, "at": moment(row.at)}
