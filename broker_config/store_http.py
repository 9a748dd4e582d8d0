"""HTTP/1.1 to an object store, over kept connections with bounds and without tries of their own.

What a general library does for each request (pools of pools, header fields as mail, the head in a packet of
its own) costs three times what a small object itself does: a quarter of a millisecond in the agent, and as
much in the desk. Errors are ``OSError``.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from broker_config.store_answers import Answer, BadAnswer, read_answer

CONNECT_S = 3.0
READ_S = 30.0
MOST_IDLE = 8
"""Connections of one address that are kept."""
SEND_BYTES = 256 * 1024
"""One send of a large body would have to end within one time-out."""
IN_ONE_PACKET = 64 * 1024
"""Bodies up to here go with their head."""
PORTS = {"http": 80, "https": 443}

Address: TypeAlias = "tuple[str, str]"
Body: TypeAlias = "bytes | bytearray | memoryview"


@dataclass(slots=True)
class Line:
    """One connection."""

    sock: socket.socket
    file: Any

    def close(self) -> None:
        """Close it."""
        for one in (self.file, self.sock):
            with suppress(OSError):
                one.close()

    def is_silent(self) -> bool:
        """Whether it can be used again: what can be read before a request is its end."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)

    def send(self, head: bytes, body: Body) -> None:
        """Send a request."""
        if len(body) <= IN_ONE_PACKET:
            self.sock.sendall(b"".join((head, body)))
            return
        self.sock.sendall(head)
        view = memoryview(body)
        for start in range(0, len(view), SEND_BYTES):
            self.sock.sendall(view[start : start + SEND_BYTES])


class Connections:
    """Kept by address. Safe in threads. ``read_s``: the longest silence within an answer."""

    def __init__(self, read_s: float = READ_S) -> None:
        self._read_s = read_s
        self._lock = threading.Lock()
        self._idle: dict[Address, list[Line]] = {}
        self._tls: ssl.SSLContext | None = None
        weakref.finalize(self, _close, self._idle)

    def ask(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: Body | None = None,
        sink: Callable[[bytes], object] | None = None,
    ) -> Answer:
        """The answer to a request, whatever its status. ``sink`` is given the body of one that succeeded.

        Raises:
            OSError: no connection, no answer in time, or none that is HTTP (``BadAnswer``).
            ValueError: the address or a header field is none.
        """
        scheme, _, rest = url.partition("://")
        host, slash, target = rest.partition("/")
        head = _head(method, slash + target, {"Host": host, **headers}, body)
        address = (scheme, host)
        line = self._take(address) or self._connect(address)
        try:
            _send(line, head, body)
            answer, keep = read_answer(line.file, method, sink)
        except BaseException:
            line.close()
            raise
        if keep:
            self._give(address, line)
        else:
            line.close()
        return answer

    def _take(self, address: Address) -> Line | None:
        while True:
            with self._lock:
                idle = self._idle.get(address)
                if not idle:
                    return None
                line = idle.pop()
            if line.is_silent():
                return line
            line.close()

    def _give(self, address: Address, line: Line) -> None:
        with self._lock:
            idle = self._idle.setdefault(address, [])
            if len(idle) < MOST_IDLE:
                idle.append(line)
                return
        line.close()

    def _connect(self, address: Address) -> Line:
        scheme, host = address
        if scheme not in PORTS:
            raise ValueError("an address of the object store begins with http:// or https://")
        place = urlsplit(f"//{host}")
        sock = socket.create_connection(
            (place.hostname, place.port or PORTS[scheme]), min(CONNECT_S, self._read_s)
        )
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "https":
                sock = self._secured(sock, str(place.hostname))
            sock.settimeout(self._read_s)
            return Line(sock, sock.makefile("rb", IN_ONE_PACKET))
        except BaseException:
            sock.close()
            raise

    def _secured(self, sock: socket.socket, host: str) -> socket.socket:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
        return self._tls.wrap_socket(sock, server_hostname=host)


def _head(method: str, target: str, headers: dict[str, str], body: Body | None) -> bytes:
    if body is not None or method in {"POST", "PUT"}:
        headers["Content-Length"] = str(len(body or b""))
    fields = [f"{method} {target or '/'} HTTP/1.1", "Accept-Encoding: identity"]
    fields += [f"{name}: {value}" for name, value in headers.items()]
    if any("\n" in field or "\r" in field for field in fields) or target.count(" "):
        raise ValueError("an address or a header field holds what ends it")
    return ("\r\n".join(fields) + "\r\n\r\n").encode("latin-1")


def _close(idle: dict[Address, list[Line]]) -> None:
    for lines in idle.values():
        while lines:
            lines.pop().close()


def _send(line: Line, head: bytes, body: Body | None) -> None:
    try:
        line.send(head, body or b"")
    except (BrokenPipeError, ConnectionResetError):
        # The store may refuse a large body before it has all of it, and says why.
        if body is None or not _has_answered(line):
            raise


def _has_answered(line: Line) -> bool:
    return bool(line.file.peek(1))


__all__ = ["Answer", "BadAnswer", "Connections"]
