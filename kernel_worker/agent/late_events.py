"""Celery's task events, sent a moment later and together: they must not stand before a cell's delivery."""

from __future__ import annotations

from typing import Any

from celery import bootsteps

DELAY_S = 0.25


class LateEvents(bootsteps.StartStopStep):  # type: ignore[misc]
    """Consumer step: called by Celery after each (re)connection, when there is a dispatcher.

    Celery flushes ``task-received`` in the loop's next turn, before it writes the job to the pool's
    pipe. That costs a cell more than its own way through the worker.
    """

    requires = ("celery.worker.consumer.events:Events",)

    def start(self, c: Any) -> None:
        """Replace the immediate flush by one that waits for ``DELAY_S``."""
        due = False

        def flush() -> None:
            nonlocal due
            due = False
            c._flush_events()

        def later() -> None:
            nonlocal due
            if not due:
                due = True
                c.timer.call_after(DELAY_S, flush)

        c.event_dispatcher.on_send_buffered = later
