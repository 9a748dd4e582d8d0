"""Coming in and going out, by a browser."""

from __future__ import annotations

import time
from typing import Any

from flask import Response, request
from pydantic import Field

from broker_config.wire.errors import BadField, Unauthenticated
from tasks.ledger import audit, links, sessions, users
from tasks.ledger.audit import Change
from tasks.ledger.models import User
from tasks.ledger.session import Session
from tasks.ledger.sessions import Browser
from web import audit as audits
from web.answers import json_answer
from web.api.documents import SECURITY, answers, resource
from web.auth import cookies, passwords
from web.auth.limits import network
from web.auth.login import COOKIE, LONGEST_SECRET, csrf_of, given
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import Name, Shape, Strict

api = resource("login", "Login of browsers", public=True)

WRONG = "the name or the password is wrong, or the link was used or has expired"
DAY_S = 86_400.0


class LoginBody(Strict):
    """Name and password, or the secret of a one-time link."""

    name: Name | None = None
    password: str | None = Field(None, min_length=1, max_length=passwords.LONGEST)
    link: str | None = Field(None, min_length=1, max_length=LONGEST_SECRET)


class Account(Shape):
    """One's own account."""

    id: int
    name: str
    role: str
    has_password: bool


class LoggedIn(Shape):
    """Who it is now."""

    user: Account
    csrf: str = Field(description="Every change by this session sends it as `X-CSRF-Token`")
    landing: str | None = Field(description="Path of the page to begin with, where the link names one")


class MyAccess(Shape):
    """Who asks."""

    user: Account
    csrf: str | None = Field(description="Null for a token: it needs none")
    flower: bool = Field(description="Whether `/flower/` opens")


@api.post("/login", responses=answers(200, LoggedIn))
@checked
def login(body: LoginBody) -> Response:
    """Log in. What was wrong is not told, nor whether there is such a user."""
    by_link = body.link is not None
    if by_link == (body.name is not None or body.password is not None):
        raise BadField("send name and password, or the link", "link")
    if not by_link and (body.name is None or body.password is None):
        raise BadField("name and password belong together", "password" if body.name else "name")
    web().limits.take(request.remote_addr, body.name)
    user, landing, cookie = _by_link(body.link or "") if by_link else _by_password(body)
    web().limits.forgive(request.remote_addr, body.name)
    response = json_answer({"user": show(user), "csrf": csrf_of(cookie), "landing": landing})
    cookies.put(response, request, cookie, _lasts_s())
    return response


@api.post("/logout", responses=answers(204, None), security=SECURITY)
@checked
def logout() -> Response:
    """End this session. Its streams end within seconds. For a token nothing happens."""
    mine = caller().session
    if mine is not None:
        with services().ledger.write() as session:
            sessions.end(session, mine.user_id, mine.id, time.time())
            audits.note(session, "logout", f"session:{mine.id}")
        web().logins.forget()
    response = Response(status=204)
    cookies.take_away(response, request)
    return response


@api.get("/me", responses=answers(200, MyAccess), security=SECURITY)
@checked
def me() -> Response:
    """Who asks, and what a page has to know to go on."""
    who = caller()
    return json_answer(
        {"user": show(who.user), "csrf": who.csrf, "flower": who.is_admin and who.session is not None}
    )


def show(user: User) -> dict[str, Any]:
    """An account, to itself."""
    plain = {name: getattr(user, name) for name in ("id", "name", "role")}
    return {**plain, "has_password": user.password_hash is not None}


def _by_password(body: LoginBody) -> tuple[User, str | None, str]:
    with services().ledger.read() as session:
        user = users.by_name(session, body.name or "")
    right = web().passwords.matches(user.password_hash if user else None, body.password or "")
    with services().ledger.write() as session:
        # Read again: it may have been disabled, or its password changed, meanwhile.
        now = users.get(session, user.id) if user is not None else None
        if (
            right
            and now is not None
            and user is not None
            and not now.disabled
            and now.version == user.version
        ):
            return now, None, _begin(session, now, "password")
        # For an unknown name, too: the answer takes as long.
        target = f"user:{user.name}" if user is not None else "user"
        audit.note(session, audits.nobody(), Change("login.failed", target, _from()), time.time())
    raise Unauthenticated(WRONG)


def _by_link(secret: str) -> tuple[User, str | None, str]:
    with services().ledger.write() as session:
        found = links.use(session, secret, time.time())
        if found is not None:
            user, link = found
            return user, link.landing, _begin(session, user, "link")
        audit.note(session, audits.nobody(), Change("login.failed", "link", _from()), time.time())
    raise Unauthenticated(WRONG)


def _begin(session: Session, user: User, method: str) -> str:
    """A new session, never one that the browser names; the one that it had ends."""
    now = time.time()
    old = given(request).cookie
    had = sessions.authenticate(session, old, now) if old else None
    if had is not None:
        sessions.end(session, had[0].id, had[1].id, now)
    browser = Browser(method, network(request.remote_addr), request.headers.get("User-Agent", ""))
    row, plain = sessions.create(session, user, browser, now, _lasts_s())
    change = Change("login", f"session:{row.id}", {"method": method, **_from()})
    audit.note(session, audits.actor(user), change, now)
    return plain


def _from() -> dict[str, Any]:
    return {"address": network(request.remote_addr)}


def _lasts_s() -> float:
    return services().settings.session_days * DAY_S


__all__ = ["COOKIE", "api", "show"]
