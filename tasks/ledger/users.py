"""Accounts."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from broker_config.wire.errors import BadField, NotFound
from tasks.ledger import audit, pages
from tasks.ledger.faults import conflict
from tasks.ledger.models import User


def create(s: Session, name: str, role: str, now: float) -> User:
    """Make an account.

    Raises:
        BadField: field ``name``: it is Husk's own in the audit, in whatever case.
        Conflict: field ``name``: there is one of this name.
    """
    if name.casefold() == audit.ITSELF:
        raise BadField(f"{name!r} is what the audit calls Husk itself: choose another name", "name")
    user = User(name=name, role=role, disabled=False, created_at=now)
    s.add(user)
    with conflict(f"there is a user {name!r} already", "name"):
        s.flush()
    return user


def get(s: Session, user_id: int) -> User | None:
    """The account of an id, also a disabled one."""
    return s.get(User, user_id)


def name_of(s: Session, user_id: int) -> str:
    """The name of an account; "" where there is none."""
    return s.scalar(select(User.name).where(User.id == user_id)) or ""


def by_name(s: Session, name: str) -> User | None:
    """The account of a name, also a disabled one."""
    return s.scalars(select(User).where(User.name == name)).one_or_none()


def page(s: Session, after: str | None, limit: int) -> tuple[list[User], str | None]:
    """Accounts by age, at most ``limit``, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(User).order_by(User.id).limit(limit + 1)
    if after is not None:
        query = query.where(User.id > pages.decode(after, int)[0])
    return pages.cut(s.scalars(query).all(), limit, lambda user: [user.id])


def set_disabled(s: Session, user_id: int, disabled: bool) -> User:
    """Close or open an account; its tokens count only while it is open, its sessions end for ever.

    Raises:
        NotFound: no such account.
    """
    return _change(s, user_id, disabled=disabled)


def set_role(s: Session, user_id: int, role: str) -> User:
    """Give an account another role; its sessions end.

    Raises:
        NotFound: no such account.
    """
    return _change(s, user_id, role=role)


def set_password(s: Session, user_id: int, password_hash: str) -> User:
    """Give an account another password; its sessions end.

    Raises:
        NotFound: no such account.
    """
    return _change(s, user_id, password_hash=password_hash)


def _change(s: Session, user_id: int, **values: object) -> User:
    change = update(User).where(User.id == user_id).values(**values, version=User.version + 1).returning(User)
    options = {"synchronize_session": False, "populate_existing": True}
    user = s.scalars(change, execution_options=options).one_or_none()
    if user is None:
        raise NotFound("there is no such user")
    return user
