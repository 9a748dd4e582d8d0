"""Who interrupted which execution: somebody through Husk, or a stop of this kernel that came from outside."""

from __future__ import annotations

import threading


class Interruptions:
    """Shared by the threads that interrupt and the one that judges."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._from_outside: dict[str, str] = {}

    def asked(self, execution_id: str) -> None:
        """Somebody wants it to end: that is what it is told, whatever comes afterwards."""
        with self._lock:
            self._asked.add(execution_id)

    def from_outside(self, execution_id: str, sentence: str) -> None:
        """It ends because the kernel does, which nobody asked Husk for; the sentence is for people."""
        with self._lock:
            if execution_id not in self._asked:
                self._from_outside.setdefault(execution_id, sentence)

    def outside_of(self, execution_id: str) -> str | None:
        """What to tell where nobody asked for the interruption of this execution."""
        return self._from_outside.get(execution_id)

    def forget(self, execution_id: str) -> None:
        """It has ended."""
        with self._lock:
            self._asked.discard(execution_id)
            self._from_outside.pop(execution_id, None)
