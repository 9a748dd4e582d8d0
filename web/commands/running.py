"""One cell from submission to its end, with Ctrl-C for the cell and not for the client."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import click

from broker_config.wire.errors import HuskError
from web.client import Husk
from web.commands.screen import SUCCEEDED, Screen

LEAVE_S = 2.0


class Left(Exception):
    """A second Ctrl-C: the client leaves, the cell goes on."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one execution ended."""

    execution_id: str
    status: str


def run_cell(husk: Husk, kernel: str, code: str, options: dict[str, Any], screen: Screen) -> Ended:
    """Run one cell and show what it does."""
    execution_id = husk.executions.submit(kernel, code, **options)["id"]
    return watch(husk, execution_id, screen)


def run_cell_with_ctrl_c(
    husk: Husk, kernel: str, code: str, options: dict[str, Any], screen: Screen
) -> Ended:
    """The same, where Ctrl-C interrupts the cell. Raises ``Left`` at a second one."""
    sent = _Sent(husk)
    with interrupting(sent.cancel):
        return watch(husk, sent.submit(kernel, code, options), screen)


class _Sent:
    """A cell on its way. Ctrl-C before its id is known cancels it as soon as it is."""

    def __init__(self, husk: Husk) -> None:
        self._husk = husk
        self._id = ""
        self._wanted = False
        self._lock = threading.Lock()

    def submit(self, kernel: str, code: str, options: dict[str, Any]) -> str:
        """Send it; its execution id."""
        execution_id = str(self._husk.executions.submit(kernel, code, **options)["id"])
        with self._lock:
            self._id = execution_id
            wanted = self._wanted
        if wanted:
            _try(self.cancel)
        return execution_id

    def cancel(self) -> None:
        """Cancel it, now or when it has an id."""
        with self._lock:
            self._wanted = True
            execution_id = self._id
        if execution_id:
            self._husk.executions.cancel(execution_id)


def watch(husk: Husk, execution_id: str, screen: Screen) -> Ended:
    """Show an execution to its end."""
    status = "lost"
    for event in husk.executions.events(execution_id):
        screen.show(event)
        if event["type"] == "finished":
            status = event["result"]["status"]
    return Ended(execution_id, status)


def run_cells(run: Callable[[str], Ended], cells: list[str]) -> list[Ended]:
    """Run cells one after the other until one does not succeed."""
    ended: list[Ended] = []
    for code in cells:
        ended.append(run(code))
        if ended[-1].status != SUCCEEDED:
            break
    return ended


@contextmanager
def interrupting(cancel: Callable[[], object]) -> Iterator[None]:
    """Ctrl-C calls ``cancel`` beside what runs; another one within ``LEAVE_S`` seconds raises ``Left``."""
    last = [float("-inf")]

    def handle(_number: int, _frame: object) -> None:
        now = time.monotonic()
        if now - last[0] < LEAVE_S:
            raise Left
        last[0] = now
        click.echo("\ninterrupting the cell; Ctrl-C again leaves it running", err=True)
        # Not in this thread: it may hold the HTTP client's lock right now.
        threading.Thread(target=_try, args=[cancel], daemon=True).start()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _try(cancel: Callable[[], object]) -> None:
    try:
        cancel()
    except HuskError as error:
        with suppress(OSError):
            click.echo(f"husk: {error.message}", err=True)
