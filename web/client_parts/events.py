"""Events as an iterator that connects again and resumes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
from httpx_sse import ServerSentEvent, SSEError, connect_sse

from broker_config.wire import errors
from web.client_parts.http import Http, check, unreachable
from web.client_parts.shapes import Event

QUIET_S = 40.0
"""The server says that it is alive every 15 s."""
TRIES = 10
PAUSE_S = 0.2
LONGEST_PAUSE_S = 3.0
FOR_GOOD = frozenset({"unauthenticated", "forbidden", "not_found"})


def follow(http: Http, path: str, query: dict[str, Any] | None = None) -> Iterator[Event]:
    """Events of a stream, each once, until the server ends it.

    Raises:
        HuskError: the server refused, or was not reachable for ``TRIES`` attempts in a row.
    """
    last_id, failed = "", 0
    while True:
        try:
            for event in _connect(http, path, query, last_id):
                failed = 0
                last_id = event.id or last_id
                if event.event == "error":
                    raise _told(event)
                # The opening says only how soon to connect again.
                if event.data:
                    yield json.loads(event.data)
            return
        except (httpx.HTTPError, SSEError, errors.Unavailable) as error:
            failed += 1
            if failed >= TRIES:
                raise _final(http, error) from None
            time.sleep(min(PAUSE_S * failed, LONGEST_PAUSE_S))


def _connect(http: Http, path: str, query: dict[str, Any] | None, last_id: str) -> Iterator[ServerSentEvent]:
    # The server ends it with the stream; behind a proxy, a next request would find out too late.
    headers = {"Connection": "close"} | ({"Last-Event-ID": last_id} if last_id else {})
    timeout = httpx.Timeout(QUIET_S, connect=5.0)
    with connect_sse(
        http.client, "GET", path, params=query or {}, headers=headers, timeout=timeout
    ) as source:
        if not source.response.is_success:
            source.response.read()
            check(source.response)
        yield from source.iter_sse()


def _told(event: ServerSentEvent) -> errors.HuskError:
    """The ``error`` event before an early end: most are mended by connecting again."""
    told = json.loads(event.data)["error"]
    if told["code"] in FOR_GOOD:
        return errors.Unauthenticated(told["message"])
    return errors.Unavailable(told["message"])


def _final(http: Http, error: Exception) -> errors.HuskError:
    if isinstance(error, errors.HuskError):
        return error
    if isinstance(error, httpx.HTTPError):
        return unreachable(http.url, error)
    return errors.Unavailable(f"{http.url} sent no event stream")
