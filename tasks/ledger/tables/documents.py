"""The type of columns that hold flows' documents."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator

from tasks import flow_documents


class FlowDocument(TypeDecorator[dict[str, Any]]):
    """A document as it was saved; whoever reads it gets it in today's form."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: dict[str, Any] | None, dialect: Dialect) -> dict[str, Any] | None:
        """Called by SQLAlchemy for every row that is read."""
        return None if value is None else flow_documents.current(value)
