"""What Flower sees, sent by a thread: task events a moment later and together, heartbeats during a cell."""

from __future__ import annotations

import threading
import time
from typing import Any

from celery import bootsteps
from celery.worker import state

from kernel_worker.agent.guard import guarded

DELAY_S = 0.25
MOST_BUFFERED = 2_000


class Reporter:
    """Celery's loop sends events in its next turn, before the next cell, and none while a cell holds it.

    ``every_s``: seconds between heartbeats. ``wakes``: a file descriptor that ends the loop's sleep when
    something can be read from it.
    """

    def __init__(self, every_s: float, wakes: int | None = None) -> None:
        self._every_s = every_s
        self._wakes = wakes
        self._consumer: Any = None
        self._due = threading.Event()

    def step(self) -> type:
        """A consumer step: Celery calls it after each (re)connection, when there is a dispatcher."""
        attach = self._attach

        class Attach(bootsteps.StartStopStep):  # type: ignore[misc]
            requires = ("celery.worker.consumer.events:Events",)

            def start(self, c: Any) -> None:
                attach(c)

        return Attach

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=guarded("reporter", self._run), name="reporter", daemon=True).start()

    def _attach(self, consumer: Any) -> None:
        self._consumer = consumer
        if self._wakes is not None:
            # The loop forgets its readers when a connection ends.
            consumer.hub.add_reader(self._wakes, lambda: None)
        consumer.event_dispatcher.on_send_buffered = self._later
        consumer.event_dispatcher.buffer_limit = MOST_BUFFERED

    def _later(self) -> None:
        if not self._due.is_set():
            self._due.set()

    def _run(self) -> None:
        beat_at = time.monotonic() + self._every_s
        while True:
            if self._due.wait(max(0.0, beat_at - time.monotonic())):
                time.sleep(DELAY_S)
                self._due.clear()
                self._consumer._flush_events()
            if time.monotonic() >= beat_at:
                beat_at = time.monotonic() + self._every_s
                self._beat()

    def _beat(self) -> None:
        heart = self._consumer.heart
        if state.active_requests and heart is not None:  # else the loop's own timer does it
            heart._send("worker-heartbeat", retry=False)
