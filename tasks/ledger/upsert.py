"""INSERT ... ON CONFLICT, which both databases know and SQLAlchemy spells per dialect."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tasks.ledger.models import Base

Insert: TypeAlias = postgresql.Insert | sqlite.Insert


def insert_into(s: Session, table: type[Base]) -> Insert:
    """An insert of the session's database, with ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    if s.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
