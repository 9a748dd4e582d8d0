"""Sessions of one's own browsers."""

from __future__ import annotations

import time
from typing import Any

from flask import Response
from pydantic import Field

from tasks.ledger import sessions
from tasks.ledger.models import BrowserSession
from web import audit
from web.answers import page
from web.api.documents import answers, resource
from web.api.paths import SessionPath
from web.api.shapes.basic import LIST_END, moment
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import PageQuery, Shape

api = resource("sessions", "Logins of one's own browsers")


class SessionShape(Shape):
    """A login of a browser."""

    id: int
    current: bool = Field(description="Whether it is the one that asks")
    method: str = Field(description="`password` or `link`")
    address: str = Field(description="Where it began: an IPv4 address, or an IPv6 network")
    agent: str = Field(description="What the browser said that it is")
    created_at: str | None
    expires_at: str | None


class SessionList(Shape):
    """Logins by age."""

    items: list[SessionShape]
    next: str | None = Field(description=LIST_END)


@api.get("/sessions", responses=answers(200, SessionList))
@checked
def every(query: PageQuery) -> Response:
    """One's own sessions that are open."""
    with services().ledger.read() as session:
        rows, after = sessions.page(session, caller().user.id, time.time(), query.after, query.limit)
    return page(rows, after, _show)


@api.delete("/sessions/<session_id>", responses=answers(204, None))
@checked
def end(path: SessionPath) -> Response:
    """End a session: that browser is logged out, and its streams end within seconds."""
    with services().ledger.write() as session:
        sessions.end(session, caller().user.id, path.session_id, time.time())
        audit.note(session, "session.end", f"session:{path.session_id}")
    web().logins.forget()
    return Response(status=204)


def _show(row: BrowserSession) -> dict[str, Any]:
    mine = caller().session
    return {
        **{name: getattr(row, name) for name in ("id", "method", "address", "agent")},
        "current": mine is not None and mine.id == row.id,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
    }
