"""Long lists in messages of a bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from broker_config.wire.codec import compact

CHUNK_BYTES = 1024 * 1024


def in_chunks(items: Iterable[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    """The items, at most ``most`` and about ``CHUNK_BYTES`` of JSON in each chunk; one empty for none."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for item in items:
        weighs = len(compact(item))
        if chunk and (len(chunk) >= most or size + weighs > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += weighs
    yield chunk


def answers(items: Iterable[dict[str, Any]], most: int) -> Iterator[tuple[list[dict[str, Any]], bool]]:
    """Chunks, each with whether another follows."""
    held: list[dict[str, Any]] | None = None
    for chunk in in_chunks(items, most):
        if held is not None:
            yield held, True
        held = chunk
    yield held or [], False
