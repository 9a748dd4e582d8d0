"""Types whose own code (``__repr__``, ``nbytes``) took long: it is not run again for lists and hints."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar
from weakref import WeakSet

from kernel_worker.runner.text import safe_str
from kernel_worker.runner.threads import Stop

SLOW_S = 0.1
A = TypeVar("A")


class Reluctant:
    """Used by any thread."""

    def __init__(self) -> None:
        self._types: WeakSet[type] = WeakSet()
        self._running: dict[int, type] = {}

    def run(self, value: object, make: Callable[[], A], otherwise: Callable[[str], A]) -> A:
        """What ``make`` gives, which runs code of ``value``; else ``otherwise`` of the reason why not."""
        if self.enter(value):
            return otherwise("takes too long")
        started = monotonic()
        try:
            return make()
        except Stop:
            raise
        except BaseException as error:  # user code may raise what it likes
            return otherwise(f"raised {type(error).__name__}: {_words(error)}")
        finally:
            self.leave()
            if monotonic() - started > SLOW_S:
                self._types.add(type(value))

    def enter(self, value: object) -> bool:
        """This thread begins to run code of ``value``; True: it is not to."""
        if type(value) in self._types:
            return True
        self._running[threading.get_ident()] = type(value)
        return False

    def leave(self) -> None:
        """It has ended."""
        self._running.pop(threading.get_ident(), None)

    def blame(self, thread: threading.Thread) -> None:
        """That thread's answer is late: whose code it runs is not asked again."""
        kind = self._running.get(thread.ident or 0)
        if kind is not None:
            self._types.add(kind)


def _words(error: BaseException) -> str:
    try:
        return safe_str(error)
    except Stop:
        raise
    except BaseException:
        return "…"
