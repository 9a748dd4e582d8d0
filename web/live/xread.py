"""XREAD on a connection of its own: the client's general way costs more than the command does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import redis

from web.live.entries import Fields

Entries: TypeAlias = list[tuple[bytes, Fields]]


class Xread:
    """Waits for what comes to streams. For one thread; ``client`` answers bytes."""

    def __init__(self, client: redis.Redis, most: int) -> None:
        self._client = client
        self._most = most
        self._connection: Any = None

    def __call__(self, positions: Mapping[str, str], block_ms: int) -> Iterator[tuple[str, Entries]]:
        """What came after these ids, by stream; nothing when nothing came in time (of at least 1 ms).

        Raises:
            redis.RedisError: Redis is away; the next call connects again.
        """
        if self._connection is None:
            self._connection = self._client.connection_pool.get_connection()
        try:
            head = ("XREAD", "COUNT", self._most, "BLOCK", max(1, block_ms), "STREAMS")
            self._connection.send_command(*head, *positions, *positions.values())
            answer = self._connection.read_response()
        except BaseException:
            # What else is read on this connection might be the answer to this.
            self._connection.disconnect()
            raise
        for name, found in _pairs(answer):
            yield name.decode(), [(entry_id, _fields(flat)) for entry_id, flat in found]


def _pairs(answer: Any) -> list[tuple[bytes, Any]]:
    """By streams' names: a map in Redis's third protocol, a list in its second."""
    return list(answer.items()) if isinstance(answer, dict) else list(answer or ())


def _fields(flat: list[bytes] | None) -> Fields:
    each = iter(flat or ())
    return dict(zip(each, each, strict=False))
