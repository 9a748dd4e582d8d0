"""Where a stream of several kernels stands: ``<uid>:<stream id>``, joined by commas. Goes out as SSE's id."""

from __future__ import annotations

from collections.abc import Mapping

from broker_config.wire import names
from broker_config.wire.errors import BadField
from web.live.entries import StreamId, parse_id, show_id

FIELD = "Last-Event-ID"
LONGEST = 4_000


def show(positions: Mapping[str, StreamId]) -> str:
    """Positions as text."""
    return ",".join(f"{uid}:{show_id(at)}" for uid, at in positions.items())


def read(text: str | None) -> dict[str, StreamId]:
    """The reverse of ``show``; empty for none.

    Raises:
        BadField: not a cursor of ours.
    """
    if not text:
        return {}
    found: dict[str, StreamId] = {}
    for part in text[:LONGEST].split(","):
        uid, _, at = part.partition(":")
        try:
            position = parse_id(at)
        except ValueError:
            raise BadField("not an id that this stream gave", FIELD) from None
        if not names.UID.fullmatch(uid):
            raise BadField("not an id that this stream gave", FIELD)
        found[uid] = position
    return found
