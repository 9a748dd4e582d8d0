"""Accounts."""

from __future__ import annotations

import time
from typing import Any, Literal

from flask import Response
from pydantic import Field

from broker_config.wire.errors import Conflict
from tasks.ledger import users
from tasks.ledger.models import User
from web.answers import json_answer, page
from web.api.documents import answers, resource
from web.api.paths import UserPath
from web.api.shapes.common import LIST_END, moment
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import Name, PageQuery, Shape, Strict

api = resource("users", "Accounts; all but one's own are for admins")


class NewUserBody(Strict):
    """An account to make."""

    name: Name
    role: Literal["admin", "editor", "viewer"] = "editor"


class UserChange(Strict):
    """A disabled account's tokens and streams end within seconds; its things stay."""

    disabled: bool


class UserShape(Shape):
    """An account."""

    id: int
    name: str
    role: str
    disabled: bool
    created_at: str | None


class Me(UserShape):
    """Who asks, and what their token may."""

    scope: str


class UserList(Shape):
    """Accounts by age."""

    items: list[UserShape]
    next: str | None = Field(description=LIST_END)


@api.get("/users/me", responses=answers(200, Me))
@checked
def me() -> Response:
    """One's own account."""
    return json_answer({**_show(caller().user), "scope": caller().token.scope})


@api.post("/users", responses=answers(201, UserShape))
@checked
def create(body: NewUserBody) -> Response:
    """Make an account. It comes in by a token: `POST /tokens` with its name as `user`."""
    with services().ledger.write() as session:
        user = users.create(session, body.name, body.role, time.time())
    return json_answer(_show(user), 201)


@api.get("/users", responses=answers(200, UserList))
@checked
def every(query: PageQuery) -> Response:
    """Accounts, by age."""
    with services().ledger.read() as session:
        rows, after = users.page(session, query.after, query.limit)
    return page(rows, after, _show)


@api.patch("/users/<user_id>", responses=answers(200, UserShape))
@checked
def change(path: UserPath, body: UserChange) -> Response:
    """Disable an account, or open it again."""
    if path.user_id == caller().user.id and body.disabled:
        raise Conflict("you would lock yourself out: another admin can disable this account")
    with services().ledger.write() as session:
        users.set_disabled(session, path.user_id, body.disabled)
        user = users.get(session, path.user_id)
        assert user is not None
        session.refresh(user)
    web().logins.forget()
    return json_answer(_show(user))


def _show(row: User) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("id", "name", "role", "disabled")},
        "created_at": moment(row.created_at),
    }
