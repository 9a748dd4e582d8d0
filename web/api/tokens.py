"""API tokens of one's own account. The plain text is shown once."""

from __future__ import annotations

import time
from typing import Any, Literal

from flask import Response
from pydantic import Field

from broker_config.wire.errors import BadField, Forbidden
from tasks.ledger import tokens, users
from tasks.ledger.models import Token, User
from tasks.ledger.session import Session
from web import audit
from web.answers import json_answer, page
from web.api.documents import answers, resource
from web.api.paths import TokenPath
from web.api.shapes.basic import LIST_END, moment
from web.auth.rules import Role, Scope
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import Name, PageQuery, Shape, Strict

api = resource("tokens", "API tokens")

LONGEST_LIFE_S = 10 * 366 * 86_400.0


class NewTokenBody(Strict):
    """A token to make."""

    name: Name = Field(description="What it is for")
    scope: Literal["read", "write"] = Field("write", description="Where it is left out by a viewer: read")
    expires_in_s: float | None = Field(None, gt=0, le=LONGEST_LIFE_S)
    user: Name | None = Field(None, description="Whose, for an admin; else one's own")


class TokenShape(Shape):
    """A token; its text is not kept."""

    id: int
    name: str
    scope: str
    created_at: str | None
    expires_at: str | None
    revoked_at: str | None


class NewToken(TokenShape):
    """A token with its text, which is shown this once."""

    token: str


class TokenList(Shape):
    """Tokens by age."""

    items: list[TokenShape]
    next: str | None = Field(description=LIST_END)


@api.post("/tokens", responses=answers(201, NewToken))
@checked
def create(body: NewTokenBody) -> Response:
    """Make a token."""
    now = time.time()
    expires_at = None if body.expires_in_s is None else now + body.expires_in_s
    with services().ledger.write() as session:
        user = caller().user
        if body.user is not None and body.user != user.name:
            user = _somebody(session, body.user)
        scope = _scope(user, body.scope if "scope" in body.model_fields_set else None)
        token, plain = tokens.create(session, user.id, body.name, scope, now, expires_at)
        audit.note(session, "token.create", f"token:{token.id}", user=user.name, scope=scope)
    return json_answer({**_show(token), "token": plain}, 201)


@api.get("/tokens", responses=answers(200, TokenList))
@checked
def every(query: PageQuery) -> Response:
    """One's own tokens, revoked ones too."""
    with services().ledger.read() as session:
        rows, after = tokens.page(session, caller().user.id, query.after, query.limit)
    return page(rows, after, _show)


@api.delete("/tokens/<token_id>", responses=answers(204, None))
@checked
def revoke(path: TokenPath) -> Response:
    """End a token for ever."""
    with services().ledger.write() as session:
        tokens.revoke(session, caller().user.id, path.token_id, time.time())
        audit.note(session, "token.revoke", f"token:{path.token_id}")
    web().logins.forget()
    return Response(status=204)


def _scope(user: User, wanted: str | None) -> str:
    if user.role != Role.VIEWER:
        return wanted or Scope.WRITE
    if wanted == Scope.WRITE:
        raise Forbidden("a viewer may only read: make a token with scope read")
    return Scope.READ


def _somebody(session: Session, name: str) -> User:
    if not caller().is_admin:
        raise Forbidden("only an admin makes tokens for others")
    user = users.by_name(session, name)
    if user is None:
        raise BadField("there is no such user", "user")
    return user


def _show(row: Token) -> dict[str, Any]:
    times = {name: moment(getattr(row, name)) for name in ("created_at", "expires_at", "revoked_at")}
    return {"id": row.id, "name": row.name, "scope": row.scope, **times}
