"""Changes of accounts: who may change what of whose, and what a change ends."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import request

from broker_config.wire.errors import BadField, Conflict, Forbidden, NotFound
from tasks.ledger import sessions, users
from tasks.ledger.models import User
from tasks.ledger.session import Session
from web import audit
from web.auth import passwords
from web.context import caller, services, web

FRESH_S = 3_600.0
"""Who came in by a link may set a password so long without the old one: it may be what they lost."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be; None stays as it is."""

    role: str | None
    disabled: bool | None
    password_hash: str | None


def check_rights(own: bool, role: str | None, disabled: bool | None) -> None:
    """Raise ``Forbidden`` or ``Conflict`` for a role or a lock that the caller may not set."""
    if role is None and disabled is None:
        return
    if not caller().is_admin:
        raise Forbidden("this needs the role admin: only one's own password can be changed")
    if own and (disabled or (role is not None and role != caller().user.role)):
        raise Conflict("you would lock yourself out: another admin can change this account")


def new_password(user_id: int, own: bool, new: str | None, old: str | None) -> str | None:
    """The hash of a new password, when the caller may set it; None: none is wanted.

    Raises:
        BadField: it is too easy, or the old one is wrong or missing. TooManyRequests: it was so too often.
    """
    if new is None:
        if old is not None:
            raise BadField("the old password goes with a new one", "password")
        return None
    with services().ledger.read() as session:
        user = users.get(session, user_id)
    if user is None:
        raise NotFound("there is no such user")
    if own and user.password_hash is not None and not (old is None and _came_by_link()):
        _check_old(user, old)
    passwords.check_new(new, user.name, "password")
    return web().passwords.hash(new)


def apply(session: Session, user: User, wanted: Wanted) -> User:
    """Change an account, and end its sessions; the caller's own goes on."""
    changed: list[str] = []
    if wanted.password_hash is not None:
        user = users.set_password(session, user.id, wanted.password_hash)
        changed.append("password")
    if wanted.role is not None and wanted.role != user.role:
        user = users.set_role(session, user.id, wanted.role)
        changed.append(f"role={wanted.role}")
    if wanted.disabled is not None and wanted.disabled != user.disabled:
        user = users.set_disabled(session, user.id, wanted.disabled)
        changed.append(f"disabled={str(wanted.disabled).lower()}")
    mine = caller().session
    if changed and mine is not None and mine.user_id == user.id:
        sessions.carry_over(session, mine.id, user.version)
    audit.note(session, "user.change", f"user:{user.name}", changed=changed)
    return user


def _came_by_link() -> bool:
    mine = caller().session
    return mine is not None and mine.method == "link" and time.time() - mine.created_at < FRESH_S


def _check_old(user: User, old: str | None) -> None:
    if old is None:
        raise BadField("the old password is needed, too", "old_password")
    # Who found a browser open must not find the password by trying, either.
    web().limits.take(request.remote_addr, user.name)
    if not web().passwords.matches(user.password_hash, old):
        raise BadField("the old password is wrong", "old_password")
    web().limits.forgive(request.remote_addr, user.name)
