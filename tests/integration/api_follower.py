"""Reads one event stream in a thread, as a page does."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from tests.integration.api_server import ApiServer


class Follower:
    """``events`` as they came, the times at which they did, their ids, and the status of the answer."""

    def __init__(self, api: ApiServer, path: str, last_id: str | None = None, person: str = "alice") -> None:
        self.events: list[dict[str, Any]] = []
        self.arrived: list[float] = []
        self.ids: list[str] = []
        self.ended = threading.Event()
        self._connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
        headers = {"Authorization": f"Bearer {api.tokens[person]}"}
        self._connection.request(
            "GET", f"/api/v1{path}", headers={**headers, "Last-Event-ID": last_id} if last_id else headers
        )
        self._socket = self._connection.sock
        self._answer = self._connection.getresponse()
        if self._answer.status != 200:
            text = self._answer.read()
            self._connection.close()
            pytest.fail(f"no stream: {text!r}")
        assert self._answer.readline().startswith(b"retry:")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def types(self) -> list[str]:
        """Types of the events so far."""
        return [event["type"] for event in self.events]

    def close(self) -> None:
        """Hang up."""
        if not self.ended.is_set():
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._answer.close()
        self._connection.close()

    def _run(self) -> None:
        try:
            while line := self._answer.readline():
                self._line(line.decode().rstrip())
        except (OSError, ValueError, http.client.HTTPException):
            pass
        finally:
            self.ended.set()

    def _line(self, line: str) -> None:
        if line.startswith("data: "):
            self.arrived.append(time.monotonic())
            self.events.append(json.loads(line[6:]))
        elif line.startswith("id: "):
            self.ids.append(line[4:])


Follow: TypeAlias = Callable[..., Follower]


@pytest.fixture
def follow(api: ApiServer) -> Iterator[Follow]:
    """Opens streams, and hangs up after the test."""
    opened: list[Follower] = []

    def open_one(path: str, last_id: str | None = None) -> Follower:
        opened.append(Follower(api, path, last_id))
        return opened[-1]

    yield open_one
    for follower in opened:
        follower.close()
