"""Lines of the stack killed while a flow runs on two kernels: the run ends once, no node runs twice."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.names import new_uid
from broker_config.wire.states import RUN_TERMINAL, RunState
from tasks import flow_documents, flow_runs
from tasks.flow_runs import RunOptions, RunRequest
from tasks.ledger import flows, outputs, runs, users
from tasks.ledger.models import Run, User
from tests.integration.faults.fault import LARGE_GB
from tests.integration.faults.oracle import Complaints
from tests.integration.faults.processes import kill_line, pause, wait_all_lines
from tests.integration.faults.world import World
from tests.waiting import wait_until

LINES = ("flows", "recorder", "desk", "beat")
FAULTS = tuple(f"{name} killed in a flow's run" for name in LINES)
SMALLER_GB = 0.9
BEGUN_S = 30.0
ENDED_S = 90.0
LATEST_S = 1.2
LENGTH = 6
SHORT_S = (0.05, 0.3)
ROWS = 50


@dataclass
class FlowTrial:
    """One round: two branches of ``LENGTH`` nodes on two kernels that meet in one node."""

    world: World
    fault: str
    dice: random.Random
    run_id: str = ""
    open: int = 0
    recovery_s: float | None = None
    edges: list[tuple[str, str]] = field(default_factory=list)

    def play(self) -> Complaints:
        """Complaints per invariant."""
        world = self.world
        world.ensure_up()
        uids = [world.kernels.ready(size) for size in (LARGE_GB, SMALLER_GB)]
        self.notes = world.notes / f"{new_uid()}.txt"
        self._begin(self._document(uids))
        wait_until(self.ran, BEGUN_S, "the first node begins")
        pause(self.dice.uniform(0.0, LATEST_S))
        self.open = self._row().state not in RUN_TERMINAL
        struck = time.time()
        kill_line(world.stack, self.fault.split()[0])
        with suppress(AssertionError):
            wait_until(lambda: self._row().state in RUN_TERMINAL, ENDED_S)
        self.recovery_s = max(0.0, (self._row().finished_at or time.time()) - struck)
        complaints = self._judge()
        with suppress(AssertionError):
            wait_all_lines(world.stack)
            complaints["reconciled"] = []
        return complaints

    def ran(self) -> list[str]:
        """Nodes in the order in which they ran."""
        return self.notes.read_text().split() if self.notes.exists() else []

    def _document(self, uids: list[str]) -> dict[str, Any]:
        branches = [[f"{branch}{n}" for n in range(LENGTH)] for branch in "lr"]
        for branch in branches:
            self.edges += [("first", branch[0]), *itertools.pairwise(branch), (branch[-1], "last")]
        kernels = {"first": uids[0], "last": uids[1]}
        kernels |= {one: uid for branch, uid in zip(branches, uids, strict=True) for one in branch}
        nodes = [
            {"id": one, "kernel": uid, "settings": {"cells": [self._code(one)]}}
            for one, uid in kernels.items()
        ]
        edges = [{"from": source, "to": target, "input": "main"} for source, target in self.edges]
        return flow_documents.validate({"nodes": nodes, "connections": edges})

    def _code(self, name: str) -> str:
        makes = f"pl.DataFrame({{'x': range({ROWS})}})"
        adds = "flowfile.read_input('main').with_columns(pl.col('x') + 1)"
        return (
            f"import time\nwith open({str(self.notes)!r}, 'a') as notes:\n    notes.write('{name}\\n')\n"
            f"time.sleep({self.dice.uniform(*SHORT_S):.3f})\n"
            f"flowfile.publish_output({makes if name == 'first' else adds})"
        )

    def _begin(self, document: dict[str, Any]) -> None:
        services, now = self.world.services, time.time()
        with services.ledger.write() as s:
            owner = users.by_name(s, "admin")
            assert isinstance(owner, User)
            flow = flows.create(s, owner, f"flow {new_uid()}", document, now)
            request = RunRequest(flow.id, owner.id, options=RunOptions(cache=False))
            self.owner_id, self.run_id = owner.id, flow_runs.make_run(s, request, now).id
        flow_runs.wake_run(services, self.run_id)

    def _row(self) -> Run:
        with self.world.services.ledger.read() as s:
            found = runs.get(s, self.run_id)
        assert found is not None
        return found

    def _judge(self) -> Complaints:
        with self.world.services.ledger.read() as s:
            rows = runs.node_rows(s, self.run_id)
            tables = outputs.of_nodes(s, self.owner_id, flow_runs.run_key(self.run_id), ["last"])
        run, ran = self._row(), self.ran()
        at = {name: n for n, name in enumerate(ran)}
        named = {end for edge in self.edges for end in edge}
        wrong = [
            f"{r.node_id} is {r.state} (attempt {r.attempt}): {r.error}"
            for r in rows
            if r.state != "succeeded"
        ]
        return {
            "I1": [] if run.state in RUN_TERMINAL else [f"the run is {run.state} for ever"],
            "I2": [f"{name} ran {count} times" for name, count in Counter(ran).items() if count > 1],
            "I3": [f"{b} ran before {a}" for a, b in self.edges if at.get(b, 1 << 30) < at.get(a, 1 << 30)],
            "I8": [
                *wrong,
                *([] if run.state == RunState.SUCCEEDED else [f"the run is {run.state}: {run.error}"]),
                *(
                    []
                    if {row.node_id for row in rows} == named == set(ran)
                    else [f"only {sorted(set(ran))} ran"]
                ),
                *(
                    []
                    if [row.rows for row in tables] == [2 * ROWS]
                    else ["the last table is not as it has to be"]
                ),
            ],
        }
