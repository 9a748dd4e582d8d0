"""One-time login links: the way into an account that has no password yet, or has lost it."""

from __future__ import annotations

from sqlalchemy import delete, false, or_, select, update
from sqlalchemy.orm import Session

from broker_config.wire import names
from tasks.ledger.models import LoginLink, User
from tasks.ledger.secrets_kept import sha256

LASTS_S = 86_400.0


def create(s: Session, user: User, now: float, landing: str | None = None) -> tuple[LoginLink, str]:
    """Make a link; return it and its secret. ``landing`` is the path of the page to begin with."""
    over = or_(LoginLink.used_at.is_not(None), LoginLink.expires_at <= now)
    s.execute(delete(LoginLink).where(LoginLink.user_id == user.id, over))
    plain = names.new_token()
    row = LoginLink(
        user_id=user.id,
        sha256=sha256(plain),
        version=user.version,
        landing=landing,
        created_at=now,
        expires_at=now + LASTS_S,
    )
    s.add(row)
    s.flush()
    return row, plain


def use(s: Session, plain: str, now: float) -> tuple[User, LoginLink] | None:
    """The open account of a link that was never used and has not expired; used up with this."""
    fresh = (LoginLink.sha256 == sha256(plain), LoginLink.used_at.is_(None), LoginLink.expires_at > now)
    link = s.scalars(update(LoginLink).where(*fresh).values(used_at=now).returning(LoginLink)).one_or_none()
    if link is None:
        return None
    query = select(User).where(User.id == link.user_id, User.version == link.version)
    user = s.scalars(query.where(User.disabled.is_(false()))).one_or_none()
    return None if user is None else (user, link)
