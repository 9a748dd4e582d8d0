"""The answer of an event stream: begun by the request's thread, which then gives the connection away.

The server's thread sends head and opening. Then the connection goes to ``web.live``, and the server is left
with one whose client has hung up: it lets go of it as of any other. A stream holds no request thread.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from web.live.frames import MIME, OPENING
from web.live.streams import Opened

CONNECTION = "gunicorn.socket"
PIECE_BYTES = 65_536


class StreamBody:
    """An answer's body: the opening, and nothing more where the connection can be given away."""

    def __init__(self, opened: Opened, environ: dict[str, Any]) -> None:
        self._opened = opened
        self._connection: socket.socket | None = environ.get(CONNECTION)
        self._chunked = environ.get("SERVER_PROTOCOL") != "HTTP/1.0"

    def __iter__(self) -> Iterator[bytes]:
        yield OPENING.encode()
        if self._connection is not None:
            self._opened.begin(_given_away(self._connection), self._chunked)
            return
        # A server that shows no connection, as in tests: its thread reads what a client would.
        ours, theirs = socket.socketpair()
        with ours:
            self._opened.begin(theirs, False)
            while piece := ours.recv(PIECE_BYTES):
                yield piece

    def close(self) -> None:
        """Called by the server at the end, however it came."""
        self._opened.close()


def _given_away(connection: socket.socket) -> socket.socket:
    """The connection as a socket of our own. Under its number the server finds a closed one from now on.

    To close the server's alone would not do: it shuts a connection down before it closes it.
    """
    ours = connection.dup()
    dead, other = socket.socketpair()
    other.close()
    os.dup2(dead.fileno(), connection.fileno(), inheritable=False)
    dead.close()
    return ours


def stream_answer(opened: Opened | None) -> Response:
    """The answer of a stream; None for HEAD, which opens none."""
    headers = {"X-Accel-Buffering": "no"}
    body = () if opened is None else StreamBody(opened, request.environ)
    return Response(body, 200, headers, content_type=f"{MIME}; charset=utf-8")
