"""Tokens and accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from web.client_parts.http import Http
from web.client_parts.shapes import LoginLink, NewToken, Token, User


class Tokens:
    """Of one's own account."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def create(
        self, name: str, scope: str = "write", expires_in_s: float | None = None, user: str | None = None
    ) -> NewToken:
        """Make a token; ``user``: for somebody else, as an admin. Its text comes this once."""
        body = {"name": name, "scope": scope, "expires_in_s": expires_in_s, "user": user}
        return cast(NewToken, self._http.call("POST", "/tokens", body))

    def list(self) -> Iterator[Token]:
        """One's own, revoked ones too."""
        return self._http.pages("/tokens")

    def revoke(self, token_id: int) -> None:
        """End a token for ever."""
        self._http.call("DELETE", f"/tokens/{token_id}")


class Users:
    """For admins, but for ``me``."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def me(self) -> User:
        """One's own account."""
        return cast(User, self._http.call("GET", "/users/me"))

    def create(self, name: str, role: str = "editor") -> User:
        """Make an account: ``admin``, ``editor`` or ``viewer``."""
        return cast(User, self._http.call("POST", "/users", {"name": name, "role": role}))

    def link(self, user_id: int) -> LoginLink:
        """A one-time login link for an account; its secret comes this once."""
        return cast(LoginLink, self._http.call("POST", f"/users/{user_id}/link", {}))

    def list(self) -> Iterator[User]:
        """All accounts."""
        return self._http.pages("/users")

    def set_disabled(self, user_id: int, disabled: bool) -> User:
        """Disable an account, or open it again."""
        return cast(User, self._http.call("PATCH", f"/users/{user_id}", {"disabled": disabled}))
