"""Bodies that nobody wanted. Closing a connection with unread bytes resets it, and loses the answer."""

from __future__ import annotations

import time

from flask import request

MOST_BYTES = 32 * 1024 * 1024
LONGEST_S = 2.0
STALL_S = 0.2
PIECE_BYTES = 65_536


def discard_body() -> None:
    """Read what the client is still sending and drop it, within bounds of bytes and time."""
    connection = request.environ.get("gunicorn.socket")
    if connection is None or not _has_body():
        return
    before = connection.gettimeout()
    deadline, left = time.monotonic() + LONGEST_S, MOST_BYTES
    try:
        connection.settimeout(STALL_S)
        while left > 0 and time.monotonic() < deadline:
            piece = request.environ["wsgi.input"].read(PIECE_BYTES)
            if not piece:
                return
            left -= len(piece)
    except Exception:  # whatever is wrong with the rest of a refused body: the answer goes out
        return
    finally:
        connection.settimeout(before)


def _has_body() -> bool:
    return bool(request.content_length) or "Transfer-Encoding" in request.headers
