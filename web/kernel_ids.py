"""Which uid a user's name for a kernel means, remembered for a moment: each cell would ask again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from broker_config.wire.errors import NotFound

REMEMBERED_S = 1.5
"""As long as a login: who may not see a kernel any more sends it cells for at most this much longer."""
MOST_REMEMBERED = 10_000
Key = tuple[int, str]
T = TypeVar("T")


class KernelIds:
    """User id and name → uid; safe for threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def act(self, key: Key, look_up: Callable[[], str], action: Callable[[str], T]) -> T:
        """``action`` on the uid; once more on a fresh one where the remembered one is deleted."""
        uid = self._recall(key)
        if uid is None:
            return action(self._learn(key, look_up))
        try:
            return action(uid)
        except NotFound:
            return action(self._learn(key, look_up))

    def forget(self) -> None:
        """Look everything up again, because it changed here who may use what."""
        with self._lock:
            self._known.clear()

    def _recall(self, key: Key) -> str | None:
        with self._lock:
            at, uid = self._known.get(key, (0.0, ""))
        return uid if time.monotonic() - at < REMEMBERED_S and uid else None

    def _learn(self, key: Key, look_up: Callable[[], str]) -> str:
        uid = look_up()
        with self._lock:
            self._known[key] = (time.monotonic(), uid)
            self._known.move_to_end(key)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return uid
