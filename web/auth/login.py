"""Tokens and cookies to callers, remembered for a moment so that a request costs no read of the ledger."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from flask import Request

from broker_config.wire.errors import Unauthenticated
from tasks.ledger import sessions, tokens
from tasks.ledger.models import BrowserSession, User
from tasks.ledger.session import Ledger

REMEMBERED_S = 1.5
"""What was revoked, ended or disabled is refused at most this much later by other processes."""
MOST_REMEMBERED = 10_000
LONGEST_SECRET = 200
SCHEME = "bearer"
COOKIE = "husk_session"
FORM = "log in, or send an API token: `Authorization: Bearer husk_…`"


@dataclass(frozen=True, slots=True)
class Given:
    """What a request shows: its ``Authorization`` header, which counts first, and the session's cookie."""

    header: str | None
    cookie: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the account, what they came with may do, and until when it counts (unix seconds).

    ``session`` and its ``csrf`` token are there for a browser; without them it was an API token.
    """

    user: User
    scope: str
    expires_at: float | None
    session: BrowserSession | None = None
    csrf: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether they may see and change everybody's things."""
        return self.user.role == "admin"


def given(request: Request) -> Given:
    """What a request shows."""
    return Given(request.headers.get("Authorization"), request.cookies.get(COOKIE))


def csrf_of(cookie: str) -> str:
    """The synchronizer token of a session: nobody who lacks its cookie can make it."""
    return hmac.new(cookie.encode(), b"husk csrf 1", hashlib.sha256).hexdigest()


class Logins:
    """Finds callers; safe for threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._lock = threading.Lock()

    def caller(self, shown: Given) -> Caller:
        """The caller behind what a request shows.

        Raises:
            Unauthenticated: nothing, or what is unknown, ended, expired, or a disabled user's.
        """
        by_token = shown.header is not None or shown.cookie is None
        plain = _token(shown.header) if by_token else _cookie(shown.cookie or "")
        key = hashlib.sha256(f"{by_token} {plain}".encode()).digest()
        now = time.monotonic()
        with self._lock:
            found = self._known.get(key)
        if found is None or now - found[0] > REMEMBERED_S:
            found = (now, self._by_token(plain) if by_token else self._by_cookie(plain))
            self._remember(key, found)
        expires_at = found[1].expires_at
        if expires_at is not None and expires_at <= time.time():
            raise Unauthenticated("the login has expired: log in again, or make a new token")
        return found[1]

    def forget(self) -> None:
        """Ask the ledger again for everybody, because a token, a session or a user changed here."""
        with self._lock:
            self._known.clear()

    def _by_token(self, plain: str) -> Caller:
        with self._ledger.read() as session:
            found = tokens.authenticate(session, plain, time.time())
        if found is None:
            raise Unauthenticated("the token is not known, was revoked or has expired: make a new one")
        user, token = found
        return Caller(user, token.scope, token.expires_at)

    def _by_cookie(self, plain: str) -> Caller:
        with self._ledger.read() as session:
            found = sessions.authenticate(session, plain, time.time())
        if found is None:
            raise Unauthenticated("you are logged out: log in again")
        user, row = found
        return Caller(user, "write", row.expires_at, row, csrf_of(plain))

    def _remember(self, key: bytes, found: tuple[float, Caller]) -> None:
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)


def _token(header: str | None) -> str:
    scheme, _, plain = (header or "").partition(" ")
    plain = plain.strip()
    if scheme.lower() != SCHEME or not _fits(plain):
        raise Unauthenticated(FORM)
    return plain


def _cookie(plain: str) -> str:
    if not _fits(plain):
        raise Unauthenticated(FORM)
    return plain


def _fits(plain: str) -> bool:
    return 0 < len(plain) <= LONGEST_SECRET and plain.isascii()
