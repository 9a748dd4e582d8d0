"""What a cell finds around it, put back whatever an earlier cell did to it."""

from __future__ import annotations

import builtins
import logging
import sys
from operator import is_
from typing import Any

from kernel_worker.runner.interrupts import Interrupts
from kernel_worker.runner.streams import CellStream

SHORTEST_STACK = 500
USUAL_STACK = 1000


_all, _map, _vars = all, map, vars  # as they are before user code may put others in their place


class NobodyToAsk(EOFError):
    """``input()`` in a kernel."""


def refuse_input(prompt: object = "") -> str:
    """Stands in for ``input``.

    Raises:
        NobodyToAsk: always.
    """
    raise NobodyToAsk(
        "input() does not work here: nobody can be asked while a kernel runs. "
        "Set a variable in the cell, or read a file."
    )


class Surroundings:
    """Built-in names, standard streams, the SIGINT handler, tracing, the log handler."""

    def __init__(
        self, out: CellStream, err: CellStream, interrupts: Interrupts, log: logging.Handler
    ) -> None:
        self._out = out
        self._err = err
        self._interrupts = interrupts
        self._log = log
        self._builtins: dict[str, Any] = {}

    def take(self) -> None:
        """Remember the built-in names as they are to be. Called once, at start."""
        builtins.input = refuse_input
        self._builtins = dict(vars(builtins))
        self._builtins.pop("_", None)

    def restore(self) -> None:
        """Put everything back. First thing after user code, so that our own code finds what it needs."""
        names, found = self._builtins, _vars(builtins)
        if not _all(_map(is_, _map(found.get, names), names.values())):
            found.update(names)
        sys.stdout = sys.__stdout__ = self._out  # type: ignore[misc, assignment]
        sys.stderr = sys.__stderr__ = self._err  # type: ignore[misc, assignment]
        sys.settrace(None)
        sys.setprofile(None)
        if sys.getrecursionlimit() < SHORTEST_STACK:
            sys.setrecursionlimit(USUAL_STACK)
        self._interrupts.restore()
        self._relog()

    def _relog(self) -> None:
        root = logging.getLogger()
        if self._log not in root.handlers:
            root.addHandler(self._log)
