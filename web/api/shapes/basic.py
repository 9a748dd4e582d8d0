"""What several shapes share."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import Field

from web.validation.fields import Shape

LIST_END = "Give it as `after` for the next page; null at the end"


def moment(at_s: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC."""
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat()


class ErrorBody(Shape):
    """What is wrong and what is allowed."""

    code: str = Field(description="A stable word")
    message: str
    field: str | None = Field(description="JSON path of the input at fault")
    request_id: str


class ErrorAnswer(Shape):
    """Every answer that is not a success."""

    error: ErrorBody
