"""The work of one round: one cell that runs, 50 that wait behind it in both queues and in a batch."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from broker_config.wire.errors import HuskError
from tests.integration.faults import traces
from web.client import Husk

WAITING = 50
BATCH = 6
OF_RUNS = 0.35
"""Part of the waiting cells that is not interactive: the queue of runs."""
LONG_S = (0.2, 2.0)
SHORT_S = (0.005, 0.03)

Body = Callable[[int, float], str]
"""Code of a cell between its two notes, of its index and of the seconds that it is to take."""


def sleeping(_index: int, seconds: float) -> str:
    """A cell that only takes its time."""
    return f"time.sleep({seconds:.4f})"


@dataclass
class Workload:
    """Sends the cells. ``accepted``: ids answered with 202; ``first_s``: how long the first one takes."""

    husk: Husk
    uid: str
    notes: Path
    dice: random.Random
    body: Body = sleeping
    accepted: list[str] = field(default_factory=list)
    unanswered: int = 0
    sent: int = 0

    def __post_init__(self) -> None:
        self.first_s = self.dice.uniform(*LONG_S)

    def send_first(self, body: Body | None = None) -> str:
        """The cell that will run; its id."""
        code = traces.noting(self.notes, 0, (body or self.body)(0, self.first_s))
        self.sent = 1
        answer = self.husk.executions.submit(self.uid, code)
        self.accepted.append(answer["id"])
        return answer["id"]

    def send_waiting(self, count: int = WAITING, persist: Callable[[HuskError], None] | None = None) -> None:
        """The cells behind it. ``persist`` is told of each that got no answer; None: that is an error."""
        batch_at = self.dice.randrange(1, count - BATCH)
        while self.sent <= count:
            send = self._send_batch if self.sent == batch_at else self._send_one
            try:
                self.accepted += send()
            except HuskError as error:
                if persist is None:
                    raise
                self.unanswered += 1
                persist(error)

    def _send_one(self) -> list[str]:
        index, interactive = self._next(), self.dice.random() >= OF_RUNS
        return [self.husk.executions.submit(self.uid, self._code(index), interactive=interactive)["id"]]

    def _send_batch(self) -> list[str]:
        cells = [self._code(self._next()) for _ in range(BATCH)]
        return [one["id"] for one in self.husk.executions.submit_batch(self.uid, cells)]

    def _code(self, index: int) -> str:
        return traces.noting(self.notes, index, self.body(index, self.dice.uniform(*SHORT_S)))

    def _next(self) -> int:
        index, self.sent = self.sent, self.sent + 1
        return index

    @property
    def begun(self) -> bool:
        """Whether the first cell has begun."""
        return 0 in traces.read(self.notes).begun
