"""The lines that ``husk up`` prints: one a step, with its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

WIDTH = 44


class Progress:
    """Prints to standard error, so that results on standard output can be piped."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._open = False
        self._live = sys.stderr.isatty()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Name a step, and its time when it is done; a step that fails says so."""
        began = time.monotonic()
        if self._live:
            click.echo(f"  … {what}", err=True, nl=False)
            self._open = True
        try:
            yield
        except BaseException:
            self._end(click.style("✗", fg="red"), what, began)
            raise
        self._end(click.style("✓", fg="green"), what, began)

    def _end(self, mark: str, what: str, began: float) -> None:
        start = "\r" if self._open else ""
        self._open = False
        click.echo(f"{start}  {mark} {what:<{WIDTH}} {time.monotonic() - began:6.1f} s", err=True)

    def note(self, text: str) -> None:
        """A line of its own."""
        click.echo(f"    {text}", err=True)

    @property
    def total_s(self) -> float:
        """Seconds since the first line."""
        return time.monotonic() - self._began
