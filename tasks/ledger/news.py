"""Whose lists a transaction changed: told after its commit, so that pages that show them ask again."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sqlalchemy.orm import Session

Things: TypeAlias = Literal["artifacts", "catalog", "files", "logs"]
News: TypeAlias = frozenset[tuple[int, Things]]
"""Accounts, and what of theirs changed."""

_KEY = "news"


def note(s: Session, owner_id: int, things: Things) -> None:
    """Something in a list of that account changes with this transaction."""
    s.info.setdefault(_KEY, set()).add((owner_id, things))


def of(s: Session) -> News:
    """What was noted."""
    return frozenset(s.info.get(_KEY, ()))
