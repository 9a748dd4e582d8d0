"""Bearer tokens to callers, remembered for a moment so that a request costs no read of the ledger."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from broker_config.wire.errors import Unauthenticated
from tasks.ledger import tokens
from tasks.ledger.models import Token, User
from tasks.ledger.session import Ledger

REMEMBERED_S = 2.0
"""A revoked token or a disabled user is refused at most this much later by the other processes."""
MOST_REMEMBERED = 10_000
LONGEST_TOKEN = 200
SCHEME = "bearer"
FORM = "an API token is needed: `Authorization: Bearer husk_…`"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the account, and the token by which they came."""

    user: User
    token: Token

    @property
    def is_admin(self) -> bool:
        """Whether they may see and change everybody's things."""
        return self.user.role == "admin"


class Logins:
    """Finds callers; safe for threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._lock = threading.Lock()

    def caller(self, header: str | None) -> Caller:
        """The caller behind an ``Authorization`` header.

        Raises:
            Unauthenticated: no token, or one that is unknown, revoked, expired, or a disabled user's.
        """
        plain = _token(header)
        key = hashlib.sha256(plain.encode()).digest()
        now = time.monotonic()
        with self._lock:
            found = self._known.get(key)
        if found is None or now - found[0] > REMEMBERED_S:
            found = (now, self._ask(plain))
            self._remember(key, found)
        expires_at = found[1].token.expires_at
        if expires_at is not None and expires_at <= time.time():
            raise Unauthenticated("the token has expired: make a new one")
        return found[1]

    def forget(self) -> None:
        """Ask the ledger again for everybody, because a token or a user changed here."""
        with self._lock:
            self._known.clear()

    def _ask(self, plain: str) -> Caller:
        with self._ledger.read() as session:
            found = tokens.authenticate(session, plain, time.time())
        if found is None:
            raise Unauthenticated("the token is not known, was revoked or has expired: make a new one")
        return Caller(*found)

    def _remember(self, key: bytes, found: tuple[float, Caller]) -> None:
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)


def _token(header: str | None) -> str:
    scheme, _, plain = (header or "").partition(" ")
    plain = plain.strip()
    if scheme.lower() != SCHEME or not plain or len(plain) > LONGEST_TOKEN or not plain.isascii():
        raise Unauthenticated(FORM)
    return plain
