"""Requests to an object store over kept connections of the standard library, without tries of their own.

``urllib3`` costs twice as much as a small object itself does, in the agent and in the desk: pools of pools,
and answers copied once more. Errors are ``OSError``.
"""

from __future__ import annotations

import select
import ssl
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TypeAlias
from urllib.parse import urlsplit

CONNECT_S = 3.0
READ_S = 30.0
MOST_IDLE = 8
"""Connections of one address that are kept."""
PIECE_BYTES = 256 * 1024
"""One send of a large body would have to end within one time-out."""

Address: TypeAlias = "tuple[str, str]"
Body: TypeAlias = "bytes | bytearray | memoryview"
Sink: TypeAlias = "Callable[[bytes], object]"


class BadAnswer(OSError):
    """What came is not an answer, or not all of one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` by their names in lower case."""

    status: int
    headers: dict[str, str]
    data: bytes


class Connections:
    """Kept by address. Safe in threads. ``read_s``: the longest silence within an answer."""

    def __init__(self, read_s: float = READ_S) -> None:
        self._read_s = read_s
        self._lock = threading.Lock()
        self._idle: dict[Address, list[HTTPConnection]] = {}
        self._tls: ssl.SSLContext | None = None
        weakref.finalize(self, _close, self._idle)

    def ask(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: Body | None = None,
        sink: Sink | None = None,
    ) -> Answer:
        """The answer to a request, whatever its status. ``sink`` is given the body of one that succeeded.

        Raises:
            OSError: no connection, no answer in time, or none that is HTTP (``BadAnswer``).
            ValueError: the address or a header field is none.
        """
        scheme, _, rest = url.partition("://")
        host, slash, target = rest.partition("/")
        address = (scheme, host)
        line = self._take(address) or self._connect(address)
        try:
            _send(line, method, slash + target or "/", {"Host": host, **headers}, body)
            response = line.getresponse()
            answer = _read(response, sink)
        except BaseException as error:
            line.close()
            if isinstance(error, HTTPException) and not isinstance(error, OSError):
                raise _as_ours(error) from None
            raise
        if line.sock is not None:  # closed where the answer says so, or has no length
            self._give(address, line)
        return answer

    def _take(self, address: Address) -> HTTPConnection | None:
        while True:
            with self._lock:
                idle = self._idle.get(address)
                if not idle:
                    return None
                line = idle.pop()
            if _is_silent(line):
                return line
            line.close()

    def _give(self, address: Address, line: HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(address, [])
            if len(idle) < MOST_IDLE:
                idle.append(line)
                return
        line.close()

    def _connect(self, address: Address) -> HTTPConnection:
        scheme, host = address
        place = urlsplit(f"//{host}")
        connect_s = min(CONNECT_S, self._read_s)
        if scheme == "http":
            line = HTTPConnection(str(place.hostname), place.port, timeout=connect_s)
        elif scheme == "https":
            line = HTTPSConnection(
                str(place.hostname), place.port, timeout=connect_s, context=self._context()
            )
        else:
            raise ValueError("an address of the object store begins with http:// or https://")
        line.connect()
        line.sock.settimeout(self._read_s)
        return line

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
        return self._tls


def _is_silent(line: HTTPConnection) -> bool:
    """Whether it can be used again: what can be read before a request is its end."""
    poll = select.poll()
    poll.register(line.sock, select.POLLIN)
    return not poll.poll(0)


def _send(line: HTTPConnection, method: str, target: str, headers: dict[str, str], body: Body | None) -> None:
    try:
        line.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            line.putheader(name, value)
    except HTTPException as error:  # what would end the line or the field
        raise ValueError(f"an address or a header field holds what ends it: {error!r}"[:200]) from None
    if body is not None or method in {"POST", "PUT"}:
        line.putheader("Content-Length", str(len(body or b"")))
    try:
        line.endheaders()
        view = memoryview(body or b"")
        for start in range(0, len(view), PIECE_BYTES):
            line.send(view[start : start + PIECE_BYTES])
    except (BrokenPipeError, ConnectionResetError):
        # The store may refuse a large body before it has all of it, and says why.
        if body is None:
            raise


def _read(response: HTTPResponse, sink: Sink | None) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    if sink is None or response.status >= 300:
        return Answer(response.status, headers, response.read())
    left = response.length
    while piece := response.read(PIECE_BYTES):
        sink(piece)
        left = None if left is None else left - len(piece)
    if left:
        raise BadAnswer("the connection ended within an answer")
    return Answer(response.status, headers, b"")


def _as_ours(error: HTTPException) -> BadAnswer:
    return BadAnswer(f"what came is no whole answer of HTTP/1.1: {type(error).__name__}")


def _close(idle: dict[Address, list[HTTPConnection]]) -> None:
    for lines in idle.values():
        while lines:
            lines.pop().close()


__all__ = ["Answer", "BadAnswer", "Connections"]
