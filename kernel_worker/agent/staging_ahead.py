"""Artifacts are staged at the desk while the cell goes on: its end waits only for what is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeAlias

from broker_config.wire.errors import HuskError
from broker_config.wire.flows import MOST_STAGED
from kernel_worker.agent.crew import Crew
from kernel_worker.agent.published import Published

Stage: TypeAlias = Callable[[Sequence[Published]], None]


class StagingAhead:
    """Of one execution. ``stage`` asks the desk; what it could not is staged at the end. Safe in threads."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._crew = Crew(1, "staging")  # one after the other: the last one of a name stands
        self._lock = threading.Lock()
        self._stored: dict[str, Published] = {}
        self._going: list[Future[None]] = []
        self._staged: dict[str, str] = {}
        self._failed = False

    def stored(self, one: Published) -> None:
        """The file of an artifact is stored."""
        with self._lock:
            self._stored[one.name] = one
            if len(self._stored) < MOST_STAGED or self._failed:
                return
            chunk, self._stored = list(self._stored.values()), {}
            self._going.append(self._crew.submit(lambda: self._try(chunk)))

    def left(self, artifacts: Sequence[Published]) -> list[Published]:
        """Those of these stored ones that have to be staged yet, once what is on its way is answered."""
        for future in self._going:
            future.result()
        staged = self._staged
        return [one for one in artifacts if one.file.stored and staged.get(one.name) != one.file.stored.key]

    def _try(self, chunk: Sequence[Published]) -> None:
        wanted = [one for one in chunk if not one.file.unwanted]
        try:
            if wanted and not self._failed:
                self._stage(wanted)
                self._staged |= {one.name: one.file.stored.key for one in wanted if one.file.stored}
        except (HuskError, ValueError, RecursionError):
            self._failed = True  # then all at the end, which says why not
