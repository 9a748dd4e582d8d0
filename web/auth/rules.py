"""Who may do what, by endpoint. What is not named here needs a token, and to change things an editor's."""

from __future__ import annotations

from enum import StrEnum

from broker_config.wire.errors import Forbidden
from web.auth.login import Caller


class Role(StrEnum):
    """Role of an account."""

    ADMIN = "admin"  # everything, everybody's
    EDITOR = "editor"  # own things; runs kernels
    VIEWER = "viewer"  # reads what is shared with them


class Scope(StrEnum):
    """What a token may do of what its user may."""

    READ = "read"
    WRITE = "write"


PUBLIC = frozenset({"health.health", "health.ready", "docs.openapi", "docs.page", "docs.asset", "docs.home"})
"""The short list: reachable without a token."""
ADMINS = frozenset({"metrics.metrics", "users.create", "users.every", "users.change"})
OWN_ACCOUNT = frozenset({"tokens.create", "tokens.revoke"})
"""Changes that viewers may make too: they touch nothing but their own account."""
READS = frozenset({"GET", "HEAD", "OPTIONS"})


def check(caller: Caller, endpoint: str, method: str) -> None:
    """Raise ``Forbidden`` where the caller's role or token's scope does not reach."""
    if endpoint in ADMINS and not caller.is_admin:
        raise Forbidden("this needs the role admin")
    if method in READS:
        return
    if caller.token.scope != Scope.WRITE:
        raise Forbidden("this token may only read: make one with scope write")
    if caller.user.role == Role.VIEWER and endpoint not in OWN_ACCOUNT:
        raise Forbidden("a viewer may only read: ask an admin for the role editor")
