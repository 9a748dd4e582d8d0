"""What a cell sends: text and messages in one queue, so that their order is the order of writing."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from broker_config.wire.codec import encode_tagged
from broker_config.wire.frames import JSON, STDOUT, Channel
from kernel_worker.runner.interrupts import Interrupts
from kernel_worker.runner.threads import Threads

FLUSH_S = 0.05
FLUSH_CHARACTERS = 8 * 1024
CHUNK_CHARACTERS = 1024 * 1024


class Outbox:
    """Queue to the agent. Any thread may write; one at a time sends.

    Appending to a deque is atomic, so writing takes no lock and an interrupt cannot tear it. What is
    queued carries the number of its cell: a thread that was about to write when its cell ended (or is
    still writing between two cells) adds nothing to the next one.
    """

    def __init__(self, channel: Channel, shield: Interrupts, threads: Threads) -> None:
        self._channel = channel
        self._shield = shield
        self._threads = threads
        self._queue: deque[tuple[int, Any, Any]] = deque()
        self._cell = 0  # even: no cell runs
        self._size = 0
        self._armed = False
        self._wake = threading.Event()
        self._sending = threading.Lock()
        self._sender: int | None = None
        self._forked = False
        os.register_at_fork(after_in_child=self._after_fork)

    def begin(self) -> None:
        """A cell begins: from now on what is written is its."""
        self._cell += 1

    def conclude(self, message: Any) -> None:
        """Send what was written, then the cell's last message; what is written after it goes nowhere."""
        if self._forked:
            return
        with self._shield, self._sending:
            self._sender = threading.get_ident()  # a finalizer may print here too
            try:
                self._size = 0
                self._send_all()
                self._cell += self._cell % 2
                self._send_message(message)
            finally:
                self._sender = None

    def put(self, kind: bytes, text: str) -> None:
        """Queue text of a stream (``STDOUT``, ``STDERR``); sent within 50 ms or at 8 KB."""
        cell = self._cell  # before the look at the thread: it may be left behind right after that
        if cell % 2 == 0 or self._stray():
            self._aside(kind, text)
            return
        self._queue.append((cell, kind, text))
        self._size += len(text)
        if self._size >= FLUSH_CHARACTERS:
            self.drain()
        elif not self._armed:
            self._armed = True
            self._wake.set()

    def send(self, message: Any, fds: Sequence[int] = ()) -> int:
        """Send a message after what was written before it. Lost if the agent is gone.

        Returns:
            The number of its cell; 0 when it is not sent because the caller belongs to none that runs.

        Raises:
            ValueError, TypeError: it holds what JSON cannot.
        """
        return self.send_encoded(encode_tagged(message), fds)

    def send_encoded(self, text: str, fds: Sequence[int] = ()) -> int:
        """As ``send``, for a message that is JSON text already."""
        cell = self._cell
        if cell % 2 == 0 or self._stray():
            return 0
        encoded = text.encode()
        with self._shield:  # what is queued is sent before the caller can close its descriptors
            self._queue.append((cell, JSON, (encoded, fds)))
            self.drain()
        return cell

    @property
    def cell(self) -> int:
        """The number of the cell that runs; even: none does."""
        return self._cell

    def _stray(self) -> bool:
        """Whether the caller is a forked child, or a thread that an earlier cell left behind."""
        return self._forked or bool(self._threads.stale and self._threads.left_behind())

    def _send_message(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # the agent is gone: the loop sees that by its end of file
            self._channel.send_raw(JSON, encode_tagged(message).encode())

    def drain(self) -> None:
        """Send all that is queued. A finalizer that prints in the middle of it adds to the queue."""
        if self._forked:
            self._write_lines()
            return
        me = threading.get_ident()
        if self._sender == me:
            return
        with self._shield, self._sending:
            self._sender = me
            try:
                self._size = 0
                self._send_all()
            finally:
                self._sender = None

    def flush_in_time(self) -> None:
        """Body of the flusher thread: it sleeps while nothing is queued."""
        pause = threading.Event()
        while True:
            self._wake.wait()
            self._wake.clear()
            pause.wait(FLUSH_S)
            self._armed = False
            self.drain()

    def _send_all(self) -> None:
        try:
            kind, size = STDOUT, 0
            parts: list[str] = []
            while self._queue:
                cell, head, body = self._queue.popleft()
                if cell != self._cell:
                    continue
                if head is not kind or size >= CHUNK_CHARACTERS:
                    self._send_text(kind, parts)
                    kind, parts, size = head, [], 0
                if head is JSON:
                    self._channel.send_raw(JSON, *body)
                else:
                    parts.append(body)
                    size += len(body)
            self._send_text(kind, parts)
        except OSError:  # the agent is gone: the loop sees that by its end of file
            self._queue.clear()

    def _send_text(self, kind: bytes, parts: list[str]) -> None:
        if not parts:
            return
        text = parts[0] if len(parts) == 1 else "".join(parts)
        for start in range(0, len(text), CHUNK_CHARACTERS):
            self._channel.send_raw(kind, text[start : start + CHUNK_CHARACTERS].encode("utf-8", "replace"))

    def _aside(self, kind: bytes, text: str) -> None:
        """A forked child has no share in the channel: it writes to the cell's pipe like any process.

        By lines, as ``print`` writes a text and its end one after the other: in one write no other
        process, and nothing that the runner itself prints meanwhile, comes between the two.
        """
        if not self._forked:
            return
        self._queue.append((0, kind, text))
        if "\n" in text or "\r" in text or len(text) + len(self._queue) >= FLUSH_CHARACTERS:
            self._write_lines()

    def _write_lines(self) -> None:
        """Write what a forked child has queued, each stream to its descriptor."""
        parts: dict[bytes, list[str]] = {}
        with contextlib.suppress(IndexError):  # another thread took the last one
            while self._queue:
                _cell, kind, text = self._queue.popleft()
                parts.setdefault(kind, []).append(text)
        for kind, texts in parts.items():
            with contextlib.suppress(OSError):
                os.write(1 if kind is STDOUT else 2, "".join(texts).encode("utf-8", "replace"))

    def _after_fork(self) -> None:
        self._forked = True
        self._queue.clear()
        self._sending = threading.Lock()
