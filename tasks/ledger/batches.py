"""Statements about many rows, in parts that both databases take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
MOST_AT_ONCE = 500
"""Parameters of one statement."""


def batched(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """Ids in parts that both databases take as parameters of one statement."""
    for start in range(0, len(ids), MOST_AT_ONCE):
        yield ids[start : start + MOST_AT_ONCE]


def quietly(statement: Any) -> Any:
    """The statement, without a search through the session's rows for what it changes."""
    return statement.execution_options(synchronize_session=False)
