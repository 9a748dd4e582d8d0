"""Accounts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

from flask import Response
from pydantic import Field

from broker_config.wire.errors import Conflict, NotFound
from tasks.ledger import links, quotas, users
from tasks.ledger.models import User
from web import audit
from web.answers import json_answer, page
from web.api import accounts
from web.api.documents import answers, resource
from web.api.paths import UserPath
from web.api.shapes.basic import LIST_END, moment
from web.api.shapes.quotas import QuotaShape, show_quota
from web.auth import passwords
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import Name, PageQuery, Shape, Strict

api = resource("users", "Accounts; all but one's own are for admins")


class NewUserBody(Strict):
    """An account to make."""

    name: Name
    role: Literal["admin", "editor", "viewer"] = "editor"


class UserChange(Strict):
    """What is given changes, and ends the account's sessions and streams within seconds; its things stay."""

    disabled: bool | None = Field(None, description="For admins; tokens do not count while it is true")
    role: Literal["admin", "editor", "viewer"] | None = Field(None, description="For admins")
    password: str | None = Field(None, min_length=1, max_length=passwords.LONGEST)
    old_password: str | None = Field(
        None,
        min_length=1,
        max_length=passwords.LONGEST,
        description="To change one's own, unless one came in by a link within the last hour",
    )


class UserShape(Shape):
    """An account."""

    id: int
    name: str
    role: str
    disabled: bool
    created_at: str | None
    quota: QuotaShape


class Me(UserShape):
    """Who asks, and what their token may."""

    scope: str


class UserList(Shape):
    """Accounts by age."""

    items: list[UserShape]
    next: str | None = Field(description=LIST_END)


class LinkShape(Shape):
    """A one-time login link; shown this once."""

    link: str = Field(description="Its secret: `/login#link=<secret>` is the page that takes it")
    expires_at: str | None


@api.get("/users/me", responses=answers(200, Me))
@checked
def me() -> Response:
    """One's own account."""
    return json_answer({**_show(caller().user), "scope": caller().scope})


@api.post("/users", responses=answers(201, UserShape))
@checked
def create(body: NewUserBody) -> Response:
    """Make an account. Its owner comes in by a one-time link: `POST /users/{id}/link`."""
    with services().ledger.write() as session:
        user = users.create(session, body.name, body.role, time.time())
        audit.note(session, "user.create", f"user:{user.name}", role=user.role)
    return json_answer(_show(user), 201)


@api.get("/users", responses=answers(200, UserList))
@checked
def every(query: PageQuery) -> Response:
    """Accounts, by age."""
    with services().ledger.read() as session:
        rows, after = users.page(session, query.after, query.limit)
    return page(_show_all(rows), after, dict)


@api.patch("/users/<user_id>", responses=answers(200, UserShape))
@checked
def change(path: UserPath, body: UserChange) -> Response:
    """Change one's own password; as an admin anybody's password, role, and whether it is disabled."""
    own = path.user_id == caller().user.id
    if not own and not caller().is_admin:
        raise NotFound("there is no such user")
    accounts.check_rights(own, body.role, body.disabled)
    new = accounts.new_password(path.user_id, own, body.password, body.old_password)
    with services().ledger.write() as session:
        user = users.get(session, path.user_id)
        if user is None:
            raise NotFound("there is no such user")
        user = accounts.apply(session, user, accounts.Wanted(body.role, body.disabled, new))
    web().logins.forget()
    return json_answer(_show(user))


@api.post("/users/<user_id>/link", responses=answers(201, LinkShape))
@checked
def link(path: UserPath) -> Response:
    """Make a link that opens an account once, within a day: for a new one, or a lost password."""
    with services().ledger.write() as session:
        user = users.get(session, path.user_id)
        if user is None:
            raise NotFound("there is no such user")
        if user.disabled:
            raise Conflict("this account is disabled: open it first")
        row, secret = links.create(session, user, time.time())
        audit.note(session, "user.link", f"user:{user.name}")
    return json_answer({"link": secret, "expires_at": moment(row.expires_at)}, 201)


def _show(row: User) -> dict[str, Any]:
    return _show_all([row])[0]


def _show_all(rows: Sequence[User]) -> list[dict[str, Any]]:
    quota = quotas.quota_of(services().settings)
    with services().ledger.read() as session:
        used = quotas.usages(session, [row.id for row in rows])
    return [
        {
            **{name: getattr(row, name) for name in ("id", "name", "role", "disabled")},
            "created_at": moment(row.created_at),
            "quota": show_quota(used[row.id], quota),
        }
        for row in rows
    ]
