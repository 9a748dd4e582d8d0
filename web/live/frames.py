"""Server-sent events as text."""

from __future__ import annotations

from broker_config.wire.errors import HuskError
from web.answers import dumps

RETRY_MS = 1_000
OPENING = f"retry: {RETRY_MS}\n: open\n\n"
MIME = "text/event-stream"


def frame(data: str, event_id: str | None = None, name: str | None = None) -> str:
    """One event. ``data`` is one line of JSON."""
    head = (f"id: {event_id}\n" if event_id is not None else "") + (f"event: {name}\n" if name else "")
    return f"{head}data: {data}\n\n"


def error_frame(error: HuskError) -> str:
    """The ``error`` event before a stream ends; its reader may connect again and resume."""
    body = {"type": "error", "error": {"code": error.code, "message": error.message}}
    return frame(dumps(body), name="error")
