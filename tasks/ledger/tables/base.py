"""What all tables share: the base class, key types, names of constraints."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase

# SQLite numbers its rows by itself only for INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")


def bytewise(length: int) -> String:
    """Text that sorts and compares by its UTF-8 bytes on every database, whatever its locale."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Base(DeclarativeBase):
    """Base of all tables."""

    # Constraints without a name cannot be dropped by a later migration on SQLite.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON, list[str]: JSON}  # noqa: RUF012 - SQLAlchemy's
