"""Server-sent events as text, and the answer that streams them."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import redis
from flask import Response, request

from broker_config.wire.errors import HuskError, Unavailable
from web.answers import dumps
from web.live.entries import Entry
from web.live.subscription import Subscription

HEARTBEAT_S = 15.0
LOOK_S = 1.0
LOGIN_AGAIN_S = 2.0
"""With what a login is remembered for, and a look's wait: who may not read any more is out within 5 s."""
RETRY_MS = 1_000
OPENING = f"retry: {RETRY_MS}\n: open\n\n"
HEARTBEAT = ": alive\n\n"
MIME = "text/event-stream"


def frame(data: str, event_id: str | None = None, name: str | None = None) -> str:
    """One event. ``data`` is one line of JSON."""
    head = (f"id: {event_id}\n" if event_id is not None else "") + (f"event: {name}\n" if name else "")
    return f"{head}data: {data}\n\n"


def error_frame(error: HuskError) -> str:
    """The ``error`` event before a stream ends; its reader may connect again and resume."""
    body = {"type": "error", "error": {"code": error.code, "message": error.message}}
    return frame(dumps(body), name="error")


class Pace:
    """Takes what is queued, looks at the login again and again, and says when a heartbeat is due."""

    def __init__(
        self, subscription: Subscription, log_in_again: Callable[[], object], client: socket.socket | None
    ) -> None:
        self._subscription = subscription
        self._client = client
        self._log_in_again = log_in_again
        self._login_at = self._beat_at = time.monotonic()

    def take(self, wait_s: float) -> list[Entry]:
        """What came, after ``wait_s`` seconds at most.

        Raises:
            Unavailable: this reader was too slow, and entries were lost.
            Unauthenticated: the token was revoked, the session ended, or its user disabled.
            NotFound: what it tells of is not theirs to see any more.
            Gone: there is nobody to send to.
        """
        entries = self._subscription.take(min(wait_s, LOOK_S))
        if not entries and self._client is not None and _hung_up(self._client):
            raise Gone
        if self._subscription.overflowed:
            raise Unavailable("events came faster than they were read: connect again and resume")
        now = time.monotonic()
        if now - self._login_at >= LOGIN_AGAIN_S:
            self._login_at = now
            self._log_in_again()
        return entries

    def with_heartbeat(self, text: str) -> str:
        """``text``, or a heartbeat where nothing was sent for long."""
        now = time.monotonic()
        if text or now - self._beat_at >= HEARTBEAT_S:
            self._beat_at = now
            return text or HEARTBEAT
        return ""


class Gone(Exception):
    """The client has closed its end."""


def _hung_up(client: socket.socket) -> bool:
    try:
        return bool(select.select([client], [], [], 0)[0]) and client.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


class EventStream:
    """An answer's body: text chunks, and what to let go when the client has gone."""

    def __init__(self, chunks: Iterator[str], held: ExitStack) -> None:
        self._chunks = chunks
        self._held = held

    def __iter__(self) -> Iterator[str]:
        yield OPENING
        try:
            # An empty chunk would end the answer for the server.
            yield from filter(None, self._chunks)
        except HuskError as error:
            yield error_frame(error)
        except Gone:
            return
        except redis.RedisError:
            yield error_frame(Unavailable("Redis did not answer in time: connect again and resume"))

    def close(self) -> None:
        """Called by the server at the end, however it came."""
        self._held.close()


def stream_answer(stream: EventStream | None) -> Response:
    """The answer of a stream; None for HEAD, which opens none."""
    headers = {"X-Accel-Buffering": "no"}
    body = () if stream is None or request.method == "HEAD" else stream
    return Response(body, 200, headers, content_type=f"{MIME}; charset=utf-8")
