"""A small HTTP client for measuring: one kept connection, and one event stream read byte for byte.

The standard library's client costs 0.1 ms a request; a richer one would measure itself.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 120.0
ASK_EVERY_S = 0.01


class Api:
    """One connection to ``url`` with a token."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        self._token = token
        self._connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_S)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; raises ``RuntimeError`` for a status of 400 and above."""
        headers = {"Authorization": f"Bearer {self._token}"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        self._connection.request(method, f"/api/v1{path}", data, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return json.loads(content) if content else None

    def events(self, path: str) -> EventStream:
        """An open event stream."""
        return EventStream(self._address, self._token, path)

    def wait_for(self, path: str, field: str, wanted: str, timeout_s: float = TIMEOUT_S) -> Any:
        """Ask until ``field`` is ``wanted``: not so often that asking takes a core from what is measured."""
        deadline = time.monotonic() + timeout_s
        while (found := self.call("GET", path))[field] != wanted:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path}: {field} is {found[field]}, not {wanted}")
            time.sleep(ASK_EVERY_S)
        return found


class EventStream:
    """Server-sent events as they come."""

    def __init__(self, address: tuple[str, int], token: str, path: str) -> None:
        self.socket = socket.create_connection(address, timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"GET /api/v1{path} HTTP/1.1\r\nHost: {address[0]}\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.socket.sendall(head.encode())
        self._rest = b""
        while b"\r\n\r\n" not in self._rest:
            self._read()
        _, _, self._rest = self._rest.partition(b"\r\n\r\n")

    def _read(self) -> None:
        data = self.socket.recv(262_144)
        if not data:
            raise RuntimeError("the event stream ended")
        self._rest += data

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Events, parsed; chunk sizes and comments are passed over."""
        while True:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])
            self._read()

    def close(self) -> None:
        """End it."""
        self.socket.close()
