"""Accounts, and what opens them: tokens, sessions of browsers, one-time links."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.ledger.tables.base import Base, BigId


class User(Base):
    """An account. ``password_hash`` is null until a password is set: login is by token or link until then."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(10))  # admin | editor | viewer
    disabled: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(String(255))  # argon2
    created_at: Mapped[float]
    # Counts what ends sessions: each holds the number it began with.
    version: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))


class Token(Base):
    """An API token; only its SHA-256 is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(10), default="write")  # read | write
    created_at: Mapped[float]
    expires_at: Mapped[float | None]
    revoked_at: Mapped[float | None]


class BrowserSession(Base):
    """A login of a browser; only its cookie's SHA-256 is kept. Counts while ``version`` is its user's."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    method: Mapped[str] = mapped_column(String(10))  # password | link
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))  # what the browser says that it is
    created_at: Mapped[float]
    expires_at: Mapped[float]
    ended_at: Mapped[float | None]


class LoginLink(Base):
    """A link that opens an account once; only its secret's SHA-256 is kept. Counts as a session does."""

    __tablename__ = "login_links"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    landing: Mapped[str | None] = mapped_column(String(200))  # path of the page to begin with
    created_at: Mapped[float]
    expires_at: Mapped[float]
    used_at: Mapped[float | None]
