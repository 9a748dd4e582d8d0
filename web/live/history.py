"""What ``out`` still holds: for resuming streams, and to complete what the ledger does not have yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import redis

from broker_config import keys
from web.live.entries import KEY, Fields, Live, StreamId, parse_id, read_out, show_id

AT_ONCE = 200
SKEW_S = 60.0
"""How far this clock and Redis's may be apart when a time becomes a stream id."""


def since(client: redis.Redis, uid: str, after: StreamId, upto: StreamId | None = None) -> Iterator[Live]:
    """Events of a kernel after an id, up to and with ``upto`` (None: to the end), oldest first."""
    for at, fields in _entries(client, uid, after, upto):
        entry = read_out(uid, at, fields)
        if isinstance(entry, Live):
            yield entry


def of_execution(
    client: redis.Redis, uid: str, execution_id: str, after: StreamId, upto: StreamId | None = None
) -> Iterator[Live]:
    """The same of one execution only."""
    for at, fields in _entries(client, uid, after, upto):
        # Most of a busy stream is about others: a look at the text spares reading it.
        if execution_id.encode() in fields.get(KEY, b""):
            entry = read_out(uid, at, fields)
            if isinstance(entry, Live) and entry.event.execution_id == execution_id:
                yield entry


def holds(client: redis.Redis, uid: str, at: StreamId) -> bool:
    """Whether that entry is still there: if it is, nothing after it was lost."""
    return bool(client.xrange(keys.out(uid), show_id(at), show_id(at), count=1))


def before(at_s: float) -> StreamId:
    """A stream id that is surely older than unix time ``at_s``."""
    return (max(0, int((at_s - SKEW_S) * 1000)), 0)


def _entries(
    client: redis.Redis, uid: str, after: StreamId, upto: StreamId | None
) -> Iterator[tuple[StreamId, Fields]]:
    end = "+" if upto is None else show_id(upto)
    while True:
        found = cast(
            "list[tuple[bytes, Fields]]",
            client.xrange(keys.out(uid), f"({show_id(after)}", end, count=AT_ONCE),
        )
        for at, fields in found:
            after = parse_id(at)
            yield after, fields
        if len(found) < AT_ONCE:
            return
