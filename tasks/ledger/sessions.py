"""Logins of browsers. Each counts until it is ended, expires, or its user's version moves on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from broker_config.wire import names
from broker_config.wire.errors import NotFound
from tasks.ledger import pages
from tasks.ledger.models import BrowserSession, User
from tasks.ledger.secrets_kept import sha256

MOST_OF_ONE = 50
"""Open sessions of one user; the oldest ends when another begins."""

_COUNTS = (
    BrowserSession.ended_at.is_(None),
    BrowserSession.expires_at > bindparam("now"),
    BrowserSession.version == User.version,
    User.disabled.is_(false()),
)
_AUTHENTICATE = (
    select(User, BrowserSession)
    .join(BrowserSession, BrowserSession.user_id == User.id)
    .where(BrowserSession.sha256 == bindparam("sha256"), *_COUNTS)
)


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a login came from: ``method`` password or link; its address, and what it says that it is."""

    method: str
    address: str
    agent: str


def create(
    s: Session, user: User, browser: Browser, now: float, lasts_s: float
) -> tuple[BrowserSession, str]:
    """Begin a session; return it and the cookie's text. What has ended before is removed."""
    mine = BrowserSession.user_id == user.id
    over = or_(
        BrowserSession.ended_at.is_not(None),
        BrowserSession.expires_at <= now,
        BrowserSession.version != user.version,
    )
    s.execute(delete(BrowserSession).where(mine, over))
    newest = select(BrowserSession.id).where(mine).order_by(BrowserSession.id.desc()).limit(MOST_OF_ONE - 1)
    kept = list(s.scalars(newest))
    s.execute(delete(BrowserSession).where(mine, BrowserSession.id.not_in(kept)))
    plain = names.new_token()
    row = BrowserSession(
        user_id=user.id,
        sha256=sha256(plain),
        version=user.version,
        method=browser.method,
        address=browser.address[:64],
        agent=browser.agent[:200],
        created_at=now,
        expires_at=now + lasts_s,
    )
    s.add(row)
    s.flush()
    return row, plain


def authenticate(s: Session, plain: str, now: float) -> tuple[User, BrowserSession] | None:
    """The open account of a session that counts."""
    row = s.execute(_AUTHENTICATE, {"sha256": sha256(plain), "now": now}).one_or_none()
    return None if row is None else (row[0], row[1])


def page(
    s: Session, user_id: int, now: float, after: str | None, limit: int
) -> tuple[list[BrowserSession], str | None]:
    """A user's sessions that count, by age, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(BrowserSession).join(User, User.id == BrowserSession.user_id)
    query = query.where(User.id == user_id, *_COUNTS).order_by(BrowserSession.id).limit(limit + 1)
    if after is not None:
        query = query.where(BrowserSession.id > pages.decode(after, int)[0])
    return pages.cut(s.scalars(query, {"now": now}).all(), limit, lambda row: [row.id])


def end(s: Session, user_id: int, session_id: int, now: float) -> None:
    """End a user's session; doing so again changes nothing.

    Raises:
        NotFound: the user has no such session.
    """
    change = update(BrowserSession).where(BrowserSession.id == session_id, BrowserSession.user_id == user_id)
    ended = func.coalesce(BrowserSession.ended_at, now)
    if s.scalar(change.values(ended_at=ended).returning(BrowserSession.id)) is None:
        raise NotFound("there is no such session")


def carry_over(s: Session, session_id: int, version: int) -> None:
    """Let one session count on, although its user's version moved."""
    s.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(version=version))
