"""The process's one place that looks at the ledger for open streams: what changed, and who may go on."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from broker_config import keys
from broker_config.wire.errors import Unavailable

LOGIN_AGAIN_S = 2.0
"""With what a login is remembered for: who may not read any more is out within 5 s."""
CHANGES_AFTER_S = 1.5 * keys.WAKE_EVERY_MS / 1000
"""Word of a change waits: who writes to the ledger tells only the first of the changes of such a while."""
CHANGES_EVERY_S = 0.5
"""The ledger changes with every cell; a list on a page need not. The first change after a rest is told at
once; while cells follow each other, looks are in the way of some of them."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """What is looked at together: kernels' uids and topics of runs, and what was read of them (``kept``)
    for all streams."""

    uids: frozenset[str]
    kept: dict[str, Any] = field(default_factory=dict)


class Looking(Protocol):
    """A stream as the looks see it. Nothing here raises."""

    def kernels(self) -> frozenset[str]:
        """Those whose events it has."""

    def changed(self) -> frozenset[str]:
        """Kernels and runs that changed, each told once; empty while it is not to be told yet."""

    def look(self, batch: Batch, changed: frozenset[str]) -> None:
        """Tell what changed."""

    def check(self, batch: Batch) -> Unavailable | None:
        """Look at the login again; why that could not be done."""

    def fail(self, error: Unavailable) -> None:
        """End with this."""


class Looks:
    """Started by its first stream; runs as long as the process. Safe for threads."""

    def __init__(self) -> None:
        self._streams: dict[Looking, None] = {}
        self._changed = threading.Condition()
        self._changes_at = float("inf")
        self._began_at = 0.0
        self._thread: threading.Thread | None = None
        self._over = False

    def add(self, stream: Looking) -> None:
        """Look after a stream."""
        with self._changed:
            self._streams[stream] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live-looks", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, stream: Looking) -> None:
        """It has ended."""
        with self._changed:
            self._streams.pop(stream, None)

    def soon(self, after_s: float = CHANGES_AFTER_S) -> None:
        """Some stream has changes to tell."""
        at = time.monotonic() + after_s
        if at >= self._changes_at:
            return
        with self._changed:
            self._changes_at = min(self._changes_at, max(at, self._began_at + CHANGES_EVERY_S))
            self._changed.notify()

    def close(self) -> None:
        """Let the thread end; for tests, since a process's own ends with it."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def _run(self) -> None:
        login_at = time.monotonic() + LOGIN_AGAIN_S
        while True:
            with self._changed:
                self._wait(login_at)
                if self._over:
                    return
                now = time.monotonic()
                streams, tells = list(self._streams), now >= self._changes_at
                if tells:
                    self._changes_at, self._began_at = float("inf"), now
            try:
                if now >= login_at:
                    login_at = now + LOGIN_AGAIN_S
                    _check(streams)
                if tells:
                    _tell(streams)
            except Exception:  # whatever it was, every open page hangs on this thread
                log.exception("looking at the ledger for live streams failed")

    def _wait(self, login_at: float) -> None:
        """Until something is due; without streams nothing is."""
        while not self._over:
            left = min(login_at, self._changes_at) - time.monotonic()
            if self._streams and left <= 0:
                return
            self._changed.wait(max(left, 0.001) if self._streams else None)


def _check(streams: list[Looking]) -> None:
    batch = Batch(frozenset().union(*(one.kernels() for one in streams)))
    failed: Unavailable | None = None
    for one in streams:
        # Without an answer nobody reads on, and the others do not each wait for none.
        failed = failed or one.check(batch)
        if failed is not None:
            one.fail(failed)


def _tell(streams: list[Looking]) -> None:
    due = [(one, changed) for one in streams if (changed := one.changed())]
    batch = Batch(frozenset().union(*(changed for _, changed in due)))
    for one, changed in due:
        one.look(batch, changed)
