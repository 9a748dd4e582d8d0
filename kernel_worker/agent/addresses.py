"""Presigned addresses of artifacts: who reads many in a row asks the desk for many at a time."""

from __future__ import annotations

import threading
import time
from itertools import chain, islice

from broker_config.wire.flows import MOST_SIGNED, Artifact, SignArtifact
from kernel_worker.agent.around import Around

LEFT_S = 60.0
GROWTH = 4


class Addresses:
    """Of one execution. Safe in threads: one asks, the others wait for what it brings."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._known: dict[int, str] = {}
        self._until = 0.0
        self._asked: set[int] = set()
        self._several = 0
        self._lock = threading.Lock()

    def of(self, artifact: Artifact, anew: bool) -> str:
        """The address of an artifact; ``anew``: what was given before is refused.

        Raises:
            Refused, StorageFailed: as ``Around.ask``.
        """
        with self._lock:
            return self._of(artifact, anew)

    def _of(self, artifact: Artifact, anew: bool) -> str:
        known = self._known.pop(artifact.id, None)
        if known is not None and not anew and time.time() + LEFT_S < self._until:
            return known
        around = self._around
        answer = around.ask(SignArtifact(around.execution_id, artifact.id, self._next(artifact)))
        self._known |= {int(name): str(url) for name, url in answer.get("also", {}).items()}
        self._until = min(self._until, answer["expires_at"]) if self._until else answer["expires_at"]
        return str(answer["url"])

    def _next(self, artifact: Artifact) -> list[int]:
        """Ids of those that may be asked for next: none at first, then more each time."""
        if time.time() + LEFT_S >= self._until:
            self._known.clear()
            self._asked.clear()
            self._until = 0.0
        self._asked.add(artifact.id)
        count, self._several = self._several, min(MOST_SIGNED, GROWTH * (self._several + 1))
        if not count:
            return []
        order = self._around.look().order
        place = next((n for n, one in enumerate(order) if one.id == artifact.id), -1) + 1
        others = (one.id for one in chain(order[place:], order[:place]) if one.id not in self._asked)
        found = list(islice(others, count))
        self._asked.update(found)
        return found
