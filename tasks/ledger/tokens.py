"""API tokens. The plain text leaves once, at creation; the ledger keeps its SHA-256."""

from __future__ import annotations

from sqlalchemy import bindparam, false, func, or_, select, update
from sqlalchemy.orm import Session

from broker_config.wire import names
from broker_config.wire.errors import NotFound
from tasks.ledger import pages
from tasks.ledger.models import Token, User
from tasks.ledger.secrets_kept import sha256

PREFIX = "husk_"

_AUTHENTICATE = (
    select(User, Token)
    .join(Token, Token.user_id == User.id)
    .where(Token.sha256 == bindparam("sha256"), Token.revoked_at.is_(None), User.disabled.is_(false()))
    .where(or_(Token.expires_at.is_(None), Token.expires_at > bindparam("now")))
)


def create(
    s: Session, user_id: int, name: str, scope: str, now: float, expires_at: float | None = None
) -> tuple[Token, str]:
    """Make a token of ``scope`` read or write; return it and its plain text.

    Raises:
        Conflict: no such user.
    """
    plain = PREFIX + names.new_token()
    token = Token(
        user_id=user_id, name=name, sha256=sha256(plain), scope=scope, created_at=now, expires_at=expires_at
    )
    s.add(token)
    s.flush()
    return token, plain


def authenticate(s: Session, plain: str, now: float) -> tuple[User, Token] | None:
    """The open account of a token that is neither revoked nor expired."""
    row = s.execute(_AUTHENTICATE, {"sha256": sha256(plain), "now": now}).one_or_none()
    return None if row is None else (row[0], row[1])


def page(s: Session, user_id: int, after: str | None, limit: int) -> tuple[list[Token], str | None]:
    """A user's tokens by age, revoked ones too, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(Token).where(Token.user_id == user_id).order_by(Token.id).limit(limit + 1)
    if after is not None:
        query = query.where(Token.id > pages.decode(after, int)[0])
    return pages.cut(s.scalars(query).all(), limit, lambda token: [token.id])


def revoke(s: Session, user_id: int, token_id: int, now: float) -> None:
    """End a user's token for ever; doing so again changes nothing.

    Raises:
        NotFound: the user has no such token.
    """
    change = update(Token).where(Token.id == token_id, Token.user_id == user_id)
    done = s.scalar(change.values(revoked_at=func.coalesce(Token.revoked_at, now)).returning(Token.id))
    if done is None:
        raise NotFound("there is no such token")
