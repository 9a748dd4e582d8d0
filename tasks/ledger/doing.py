"""What the hottest writes run on: a session, or a bare connection, which costs half as much."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy import Connection
from sqlalchemy.orm import Session

Doing: TypeAlias = Session | Connection


def connection_of(s: Doing) -> Connection:
    """The connection of the transaction that is open."""
    return s if isinstance(s, Connection) else s.connection()
