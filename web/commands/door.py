"""How a command reaches a Husk: which address, with which token, and what an answer means."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
import httpx
from httpx_sse import SSEError, connect_sse

from broker_config.settings import load_settings
from broker_config.wire import errors
from broker_config.wire.errors import HuskError
from web.commands.exits import Unreachable
from web.stack import admin, readiness

PREFIX = "/api/v1"
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
# A silent stream has a heartbeat every 15 s.
STREAM_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
LOST_S = 30.0
PAUSE_S = 0.5
CHUNK_BYTES = 256 * 1024
BY_CODE = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, HuskError) and kind is not HuskError
}


class Door:
    """One client: JSON in and out. A method raises the error that the server named, or ``Unreachable``."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url + PREFIX,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            trust_env=False,
        )

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One request; the answer's JSON, None where it has no body."""
        given = {name: value for name, value in query.items() if value is not None}
        return _json(self._send(method, path, json=body, params=given))

    def all_items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        items: list[dict[str, Any]] = []
        after = None
        while True:
            page = self.call("GET", path, after=after, **query)
            items += page["items"]
            after = page["next"]
            if after is None:
                return items

    def upload(
        self, path: str, source: IO[bytes], size: int, sent: Callable[[int], None] = lambda _count: None
    ) -> dict[str, Any]:
        """Write a shared file of ``size`` bytes; ``sent`` is told of every piece."""

        def pieces() -> Iterator[bytes]:
            while piece := source.read(CHUNK_BYTES):
                yield piece
                sent(len(piece))

        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        answer = self._send("PUT", f"/files/{path}", content=pieces(), headers=headers)
        found: dict[str, Any] = _json(answer)
        return found

    def download(self, path: str, target: IO[bytes]) -> None:
        """Read a shared file."""
        with _unreachable(self.url), self._http.stream("GET", f"/files/{path}") as answer:
            if answer.is_error:
                answer.read()
                _raise(answer)
            for chunk in answer.iter_bytes(CHUNK_BYTES):
                target.write(chunk)

    def events(self, execution_id: str) -> Iterator[dict[str, Any]]:
        """All events of an execution until ``finished``; the stream is resumed where it was cut."""
        last_id, since = "", time.monotonic()
        while True:
            try:
                for event_id, event in self._stream(f"/executions/{execution_id}/events", last_id):
                    last_id, since = event_id or last_id, time.monotonic()
                    yield event
                    if event["type"] == "finished":
                        return
            except (Unreachable, errors.Unavailable):
                if time.monotonic() - since > LOST_S:
                    raise
            time.sleep(PAUSE_S)

    def _stream(self, path: str, last_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        with (
            _unreachable(self.url),
            connect_sse(self._http, "GET", path, headers=headers, timeout=STREAM_TIMEOUT) as source,
        ):
            if source.response.is_error:
                source.response.read()
                _raise(source.response)
            for event in source.iter_sse():
                if event.event == "message" and event.data:
                    yield event.id, json.loads(event.data)

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        with _unreachable(self.url):
            answer = self._http.request(method, path, **request)
        if answer.is_error:
            _raise(answer)
        return answer


@contextmanager
def _unreachable(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.TransportError, SSEError) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(
            f"{url} cannot be reached ({reason}): `husk status`, or start it by `husk up`"
        ) from None


def _json(answer: httpx.Response) -> Any:
    return answer.json() if answer.content else None


def _raise(answer: httpx.Response) -> None:
    try:
        told = answer.json()["error"]
        raise BY_CODE.get(told["code"], HuskError)(told["message"], told["field"])
    except (ValueError, KeyError, TypeError):
        raise HuskError(f"{answer.url} answered {answer.status_code}, which is no answer of Husk's") from None


@contextmanager
def opened(context: click.Context) -> Iterator[Door]:
    """The door that the command line is about, closed at the end.

    Raises:
        Unreachable: no stack ever ran in this data folder.
    """
    settings = load_settings()
    given = context.obj or {}
    path = Path(given["token_file"]) if given.get("token_file") else admin.token_file(settings)
    try:
        token = path.read_text().strip()
    except OSError as error:
        raise Unreachable(
            f"no token in {path} ({error.strerror}): `husk up`, or --url and --token-file"
        ) from None
    door = Door(given.get("url") or readiness.base_url(settings), token)
    try:
        yield door
    finally:
        door.close()
