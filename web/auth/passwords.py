"""Passwords: hashed with argon2id, compared in bounded memory and in the same time for everybody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHash

from broker_config.wire.errors import BadField, Unavailable
from broker_config.wire.names import new_token

SHORTEST, LONGEST = 10, 200
MEMORY_KIB = 19_456
"""With two passes one of OWASP's equal choices; each of ``AT_ONCE`` takes it."""
PASSES = 2
AT_ONCE = 4
WAIT_S = 5.0


class Passwords:
    """Hashes and compares; safe for threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        # What an unknown name is compared with: it takes as long, and nobody knows the password.
        self._nobodys = self._hasher.hash(new_token())

    def hash(self, plain: str) -> str:
        """The hash to keep. Raises ``Unavailable`` when too many are at it."""
        with self._turn():
            return self._hasher.hash(plain)

    def matches(self, kept: str | None, plain: str) -> bool:
        """Whether ``plain`` is the password; None: there is none, which takes as long to find out.

        Raises:
            Unavailable: too many are at it.
        """
        with self._turn():
            try:
                return self._hasher.verify(kept or self._nobodys, plain) and kept is not None
            except (Argon2Error, InvalidHash):
                return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_S):
            raise Unavailable("too many log in at this moment: try again")
        try:
            yield
        finally:
            self._turns.release()


def check_new(plain: str, name: str, field: str) -> None:
    """Raise ``BadField`` for a password that is too easy to guess."""
    if len(plain) < SHORTEST:
        raise BadField(f"a password has at least {SHORTEST} characters", field)
    if name.casefold() in plain.casefold() and len(plain) < len(name) + SHORTEST:
        raise BadField("a password is more than the name with a little added", field)
    if len(set(plain)) < SHORTEST // 2:
        raise BadField("a password has more than a few different characters", field)
