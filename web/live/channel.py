"""One client's connection: what waits for it is bounded, and nobody ever waits for the client."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from web.live.budget import Share

MOST_BYTES = 8 * 1024 * 1024
"""What may wait for one client. What comes at once while nothing waits is taken whatever its size."""
LAST_WORDS_S = 30.0
"""Who does not read the end of a stream for so long is not waited for."""
UNHEARD_MS = 60_000
"""A client's host that confirms nothing for so long has gone."""
END = b"0\r\n\r\n"


class Channel:
    """Takes text from any thread and sends it without blocking; ``flush`` is the writer's.

    ``chunked``: the answer that was begun has HTTP/1.1's chunks.
    """

    def __init__(self, connection: socket.socket, chunked: bool, budget: Share) -> None:
        self._watch: Callable[[bool], None] = lambda _writing: None
        self.pushed_at = time.monotonic()
        self.ends_at: float | None = None
        """When it is closed whatever still waits; None while the stream goes on."""
        self.waiting = 0
        self._socket = connection
        self._chunked = chunked
        self._budget = budget
        self._pieces: deque[memoryview] = deque()
        self._begun = False
        """Whether a part of the first piece was sent: then the rest of it has to follow."""
        self._closed = False
        self._lock = threading.Lock()
        connection.setblocking(False)
        with suppress(OSError):  # no TCP
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS)

    def fileno(self) -> int:
        """The connection's descriptor."""
        return self._socket.fileno()

    def watched_by(self, watch: Callable[[bool], None]) -> None:
        """``watch`` is called with whether something waits for the client."""
        with self._lock:
            self._watch = watch
            if self._pieces:
                watch(True)

    def push(self, text: str) -> bool:
        """Send this, or keep it until the client reads; False: too much waits, and it has to be dropped."""
        piece = self._framed(text)
        with self._lock:
            if self._closed or self.ends_at is not None:
                return True
            self.pushed_at = time.monotonic()
            if self._pieces:
                return self.waiting + len(piece) <= MOST_BYTES and self._keep(piece)
            rest = self._send(piece)
            self._begun = 0 < len(rest) < len(piece)
            return not rest or self._keep(rest)

    def finish(self, text: str = "") -> None:
        """Last words: after them the writer closes the connection."""
        with self._lock:
            if self._closed or self.ends_at is not None:
                return
            self.ends_at = time.monotonic() + LAST_WORDS_S
            last = (self._framed(text) if text else b"") + (END if self._chunked else b"")
            self._pieces.append(memoryview(last))
            self._watch(True)

    def drop(self, text: str) -> None:
        """Let go what waits, all but the rest of what was begun, and finish with ``text``."""
        with self._lock:
            if self.ends_at is not None:
                return
            kept = [self._pieces[0]] if self._pieces and self._begun else []
            self._free(self.waiting - sum(map(len, kept)))
            self._pieces = deque(kept)
        self.finish(text)

    def flush(self) -> bool:
        """Send what the client takes now; whether nothing waits any more."""
        with self._lock:
            while self._pieces:
                piece = self._pieces[0]
                rest = self._send(piece)
                self._free(min(self.waiting, len(piece) - len(rest)))
                if rest:
                    self._begun = self._begun or len(rest) < len(piece)
                    self._pieces[0] = rest
                    return False
                self._pieces.popleft()
                self._begun = False
            if not self._closed and self.ends_at is None:
                self._watch(False)
            return True

    def hears(self) -> bool:
        """Whether the client is still there; what it says after its request is nothing to us."""
        try:
            return self._socket.recv(65_536) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self) -> None:
        """End the connection; may be called again."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._pieces.clear()
            self._free(self.waiting)
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def _send(self, piece: bytes | memoryview) -> memoryview:
        """The rest of it. What a broken connection does not take is nobody's: the writer will see its end."""
        view = memoryview(piece)
        try:
            return view[self._socket.send(view) :]
        except BlockingIOError:
            return view
        except OSError:
            return view[:0]

    def _keep(self, piece: bytes | memoryview) -> bool:
        # Kept in any case: of a piece that was begun the rest has to follow, even if all else is dropped.
        self._pieces.append(memoryview(piece))
        self.waiting += len(piece)
        self._watch(True)
        return self._budget.take(len(piece))

    def _free(self, size: int) -> None:
        self.waiting -= size
        self._budget.give(size)

    def _framed(self, text: str) -> bytes:
        data = text.encode()
        return b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
