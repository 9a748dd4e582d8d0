"""Top-level ``await``: one event loop per flow, in which an interrupt leaves no half cell behind."""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from kernel_worker.runner.interrupts import Interrupts

if TYPE_CHECKING:
    import asyncio

CANCEL_S = 2.0


class FlowLoop:
    """Runs the coroutine of a cell. The loop, and asyncio with it, is made when first needed."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, cell: Coroutine[Any, Any, Any]) -> Any:
        """Run to the end; an interrupt cancels the cell's task (see ``shell.run_code`` on ``running``)."""
        loop = self._made()
        task = loop.create_task(cell)
        interrupts = self._interrupts
        try:
            interrupts.running = True
            result = loop.run_until_complete(task)
            interrupts.running = False
        except BaseException:
            interrupts.running = False
            self._cancel(task)
            raise
        return result

    def close(self) -> None:
        """Drop the loop with the tasks that cells left in it."""
        loop, self._loop = self._loop, None
        if loop is not None and not loop.is_running():
            with contextlib.suppress(Exception):
                loop.close()

    def _made(self) -> asyncio.AbstractEventLoop:
        import asyncio

        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        return self._loop

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        """Let the cell's own clean-up run, for a bounded time."""
        import asyncio

        if task.done() or self._loop is None:
            return
        task.cancel()
        interrupts = self._interrupts
        try:
            interrupts.running = True
            self._loop.run_until_complete(asyncio.wait({task}, timeout=CANCEL_S))
            interrupts.running = False
        except BaseException:  # a second interrupt, or what the clean-up raised: the first error is told
            interrupts.running = False
