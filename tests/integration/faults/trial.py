"""One round: work, a fault at a random moment, the end of all, the oracle's verdict."""

from __future__ import annotations

import itertools
import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.errors import HuskError
from broker_config.wire.names import new_uid
from broker_config.wire.states import EXECUTION_TERMINAL
from tasks.ledger.models import Execution
from tests.integration.faults import traces
from tests.integration.faults.evidence import End, Round, end_of, told
from tests.integration.faults.fault import Fault
from tests.integration.faults.oracle import Complaints, judge
from tests.integration.faults.processes import pause, strays, wait_all_lines
from tests.integration.faults.workload import WAITING, Workload
from tests.integration.faults.world import World
from tests.waiting import wait_until

BEGUN_S = 20.0
ENDED_S = 60.0
SETTLED_S = 30.0
QUEUE_S = 0.8
"""A fault may strike this long after the first cell has ended: then short ones run."""
SENDING_S = 0.25


@dataclass
class Trial:
    """One round as it is played; ``seen``: ends by id, as they were seen first.

    ``open``: how many had not ended when it struck. ``struck``: when recovering began.
    """

    world: World
    fault: Fault
    dice: random.Random
    uid: str = ""
    after: int = 0
    until: int | None = None
    first_id: str = ""
    open: int = 0
    struck: float = 0.0
    recovery_s: float | None = None
    seen: dict[str, End] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def play(self) -> Complaints:
        """Complaints per invariant."""
        world, fault = self.world, self.fault
        world.ensure_up()
        self.uid = world.kernels.ready(fault.memory_gb)
        self.after = world.kernels.newest_seq(self.uid)
        notes = world.notes / f"{new_uid()}.txt"
        self.work = Workload(world.husk, self.uid, notes, self.dice, fault.body)
        self._work_and_strike()
        # What has not ended by then is the oracle's to tell.
        with suppress(AssertionError):
            wait_until(self._ended, ENDED_S)
        rows = self.rows()
        began = (rows[0].finished_at or self.struck) if fault.by_cell else self.struck
        self.recovery_s = max([0.0, *(row.finished_at - began for row in rows if row.finished_at)])
        complaints = self._judge(rows)
        self.until = rows[-1].seq
        if not complaints["I1"]:
            complaints["reconciled"] = [*fault.check(self), *self._reconciled()]
        return complaints

    def _work_and_strike(self) -> None:
        self.first_id = self.work.send_first(self.fault.first)
        if self.fault.while_sending:
            self._strike_while_sending()
            return
        self.work.send_waiting(self.fault.waiting)
        wait_until(lambda: self.work.begun, BEGUN_S, "the first cell begins")
        if not self.fault.by_cell:
            pause(self.dice.uniform(0.0, self.work.first_s + QUEUE_S))
        self._strike()

    def _strike(self) -> None:
        self.open = sum(row.status not in EXECUTION_TERMINAL for row in self.rows())
        self.fault.strike(self)
        self.struck = self.struck or time.time()

    def _strike_while_sending(self) -> None:
        moment = self.dice.uniform(0.0, SENDING_S)
        timer = threading.Timer(moment, self._strike)
        timer.start()
        self.work.send_waiting(self.fault.waiting, persist=self._until_answered)
        timer.join()

    def _until_answered(self, _error: HuskError) -> None:
        self.world.patiently(self.world.husk.ready)

    def rows(self) -> list[Execution]:
        """The round's executions, by seq."""
        found = self.world.kernels.executions(self.uid, self.after)
        return [row for row in found if self.until is None or row.seq <= self.until]

    def row(self, execution_id: str) -> Execution:
        """One of them."""
        return next(row for row in self.rows() if row.id == execution_id)

    def _ended(self) -> bool:
        rows = self.rows()
        for row in rows:
            if row.status in EXECUTION_TERMINAL:
                end = end_of(row)
                if self.seen.setdefault(row.id, end) != end:
                    self.changed.append(f"{row.id} ended as {self.seen[row.id]}, then as {end}")
        self.world.kernels.start_if_down(self.uid)
        return len(self.seen) == len(rows) >= len(self.work.accepted)

    def _judge(self, rows: list[Execution]) -> Complaints:
        trace = traces.read(self.work.notes)
        evidence = [told(row) for row in rows]
        return judge(Round(evidence, self.work.accepted, trace, self.fault.permits, self.changed))

    def _reconciled(self) -> list[str]:
        """What is not as it was before: the lines, the kernel, its queues, the API's answers."""
        kernels = self.world.kernels
        wait_all_lines(self.world.stack)
        kernels.make_ready(self.uid)
        kernels.run_again(self.uid)
        self._ended()
        with suppress(AssertionError):
            wait_until(lambda: not self._left(), SETTLED_S)
        return [*self._left(), *self._differing(), *self.changed]

    def _left(self) -> list[str]:
        messages = self.world.kernels.left_in_queues(self.uid)
        told = [f"{messages} messages lie in the queues for ever"] if messages else []
        return told + strays(self.world.stack, self.world.kernels.inits())

    def _differing(self) -> list[str]:
        """Where the API and the ledger tell different stories."""
        listed = self.world.husk.executions.list(kernel=self.uid)
        told = {one["id"]: one["status"] for one in itertools.islice(listed, 2 * WAITING)}
        rows = [row for row in self.rows() if told.get(row.id) != row.status]
        wrong = [f"{row.id}: the API says {told.get(row.id)}, the ledger {row.status}" for row in rows]
        kernel = self.world.husk.kernels.get(self.uid)
        if (kernel["state"], kernel["queue_length"]) != ("ready", 0):
            wrong.append(f"the kernel is {kernel['state']} with {kernel['queue_length']} waiting")
        return wrong
