"""Our containers as the engine lists them: one question for all, asked again when they may have changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tasks.runtimes.base import Ref
from tasks.runtimes.engine import Engine
from tasks.runtimes.instance import GATEWAY, INSTANCE, KERNEL, NETWORK

FRESH_S = 1.0
"""Without word of the engine's events."""
FRESH_BY_EVENTS_S = 5.0
ALIVE = frozenset({"running", "paused"})


@dataclass(frozen=True, slots=True)
class Seen:
    """A container of ours. ``state``: the engine's word, such as ``running``."""

    uid: str
    id: str
    state: str
    ref: Ref

    @property
    def alive(self) -> bool:
        """Whether something runs in it, or would if it were not paused."""
        return self.state in ALIVE


class Containers:
    """Safe for threads. ``heard``: whether events of the engine come in, which make looking rarer."""

    def __init__(self, engine: Engine, instance: str, heard: Callable[[], bool] = lambda: False) -> None:
        self._engine = engine
        self._instance = instance
        self._heard = heard
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._known: dict[str, Seen] = {}

    def changed(self) -> None:
        """What is known may be wrong: the next question goes to the engine."""
        self._looked_at = float("-inf")

    def all(self) -> dict[str, Seen]:
        """Every container of this installation by kernel, in whatever state. Raises ``Unavailable``."""
        with self._lock:
            fresh_s = FRESH_BY_EVENTS_S if self._heard() else FRESH_S
            if time.monotonic() - self._looked_at > fresh_s:
                # Before the question: what changes while it is answered is asked for again.
                self._looked_at = time.monotonic()
                try:
                    self._known = self._look()
                except BaseException:
                    self._looked_at = float("-inf")
                    raise
            return self._known

    def _look(self) -> dict[str, Seen]:
        with self._engine.asked("list of containers") as client:
            rows = client.containers(all=True, filters={"label": [KERNEL, f"{INSTANCE}={self._instance}"]})
        seen = (_seen(row["Id"], row["State"], row["Labels"]) for row in rows)
        return {one.uid: one for one in seen}


def of_inspect(found: dict[str, Any]) -> Seen:
    """The same from the engine's answer about one container."""
    return _seen(found["Id"], found["State"]["Status"], found["Config"]["Labels"])


def _seen(container_id: str, state: str, labels: dict[str, str]) -> Seen:
    ref = {"container": container_id, "network": labels.get(NETWORK), "gateway": labels.get(GATEWAY)}
    return Seen(labels[KERNEL], container_id, state, ref)
