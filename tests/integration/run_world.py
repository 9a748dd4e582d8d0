"""A flow world whose flows run: with a flows worker, and a thread that ticks as beat does."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kombu.exceptions import OperationalError

from broker_config import queues
from broker_config.wire.errors import HuskError
from broker_config.wire.states import RUN_TERMINAL, RunState
from tasks import flow_documents, flow_runs
from tasks.broker import AWAY
from tasks.flow_runs import RunOptions, RunRequest
from tasks.ledger import executions, outputs, runs
from tasks.ledger.models import Execution, NodeRun, Run
from tests.integration.control_plane import environment
from tests.integration.flow_world import FlowWorld, flow_world
from tests.integration.kernel_fixture import KernelUnderTest
from tests.waiting import wait_until

FLOWS_WORKER = "housekeeping"
TICK_S = 0.5
ENDED = frozenset(state.value for state in RUN_TERMINAL)
RUN_S = 60.0


def node(node_id: str, code: str = "", kernel: str | None = None, **settings: Any) -> dict[str, Any]:
    """A Python Script node."""
    return {"id": node_id, "kernel": kernel, "settings": {"cells": [code] if code else [], **settings}}


def flow(
    nodes: Sequence[dict[str, Any]], *edges: str, kernel: str | None = None, **parameters: Any
) -> dict[str, Any]:
    """A document; edges as ``a>b`` or ``a.output>b.input``."""
    connections = []
    for edge in edges:
        (source, _, output), (target, _, name) = (end.partition(".") for end in edge.split(">"))
        connections.append({"from": source, "output": output or None, "to": target, "input": name or None})
    content = {"nodes": list(nodes), "connections": connections, "default_kernel": kernel}
    return flow_documents.validate({**content, "parameters": parameters})


@dataclass
class RunWorld:
    """Flows of one owner that run on real kernels."""

    world: FlowWorld
    folder: Path
    stack: ExitStack
    kernels: dict[str, KernelUnderTest] = field(default_factory=dict)
    ticking: threading.Event = field(default_factory=threading.Event)

    @property
    def services(self) -> Any:
        """Of the test's process."""
        return self.world.plane.services

    def kernel(self, **fields: Any) -> str:
        """Another kernel that is ready; its id."""
        kernel = self.stack.enter_context(self.world.kernel(**fields))
        slug = self.world.plane.kernel(kernel.uid).slug
        self.kernels[slug] = kernel
        return slug

    def uid(self, slug: str) -> str:
        """A kernel's uid."""
        return self.kernels[slug].uid

    def flow(self, *nodes: dict[str, Any], edges: Sequence[str] = (), **more: Any) -> str:
        """A saved flow; its id."""
        return self.world.flow(flow(nodes, *edges, **more))

    def make(self, flow_id: str, wake: bool = True, parameters: Any = None, **options: Any) -> str:
        """A run of a flow; its id."""
        request = RunRequest(flow_id, self.world.owner.id, parameters or {}, RunOptions(**options))
        with self.services.ledger.write() as s:
            run_id = str(flow_runs.make_run(s, request, time.time()).id)
        if wake:
            flow_runs.wake_run(self.services, run_id)
        return run_id

    def again(self, kind: str, run_id: str) -> str:
        """A run resumed, or run again; the new one's id."""
        with self.services.ledger.write() as s:
            run = runs.get(s, run_id)
            assert run is not None
            made = {"resume": flow_runs.resume_run, "rerun": flow_runs.rerun}[kind](s, run, time.time())
        flow_runs.wake_run(self.services, made.id)
        return str(made.id)

    def again_ended(self, kind: str, run_id: str) -> str:
        """The same, once it has succeeded."""
        made = self.again(kind, run_id)
        assert self.until_ended(made) == [RunState.SUCCEEDED], self.told(made)
        return made

    def row(self, run_id: str) -> Run:
        """The run now."""
        with self.services.ledger.read() as s:
            found = runs.get(s, run_id)
        assert found is not None
        return found

    def nodes(self, run_id: str) -> dict[str, NodeRun]:
        """The latest attempts."""
        with self.services.ledger.read() as s:
            return runs.newest_rows(s, run_id)

    def states(self, run_id: str) -> dict[str, str]:
        """The nodes' states."""
        return {node: row.state for node, row in self.nodes(run_id).items()}

    def executions(self, run_id: str) -> list[Execution]:
        """All of a run, in the order of their submission."""
        with self.services.ledger.read() as s:
            ids = [row.execution_id for row in runs.node_rows(s, run_id) if row.execution_id]
            return sorted(executions.many(s, ids), key=lambda row: (row.submitted_at, row.seq))

    def until_ended(self, *run_ids: str, timeout_s: float = RUN_S) -> list[RunState]:
        """Wait for the ends of runs; they."""

        def ended() -> bool:
            return all(self.row(one).state in ENDED for one in run_ids)

        wait_until(ended, timeout_s, "the end of runs")
        return [RunState(self.row(one).state) for one in run_ids]

    def run(self, flow_id: str, timeout_s: float = RUN_S, **how: Any) -> str:
        """A run that has succeeded; its id."""
        run_id = self.make(flow_id, **how)
        (state,) = self.until_ended(run_id, timeout_s=timeout_s)
        assert state is RunState.SUCCEEDED, self.told(run_id)
        return run_id

    def told(self, run_id: str) -> str:
        """What is known of a run, for a failed test."""
        lines = [f"run {self.row(run_id).state}: {self.row(run_id).error}"]
        lines += [f"{n}: {row.state} {row.reason} {row.error}" for n, row in self.nodes(run_id).items()]
        return "\n".join([*lines, self.world.plane.log(FLOWS_WORKER)[-3000:]])

    def until_node(self, run_id: str, node_id: str, *states: str, timeout_s: float = 30) -> NodeRun:
        """Wait until a node is in one of these states."""

        def there() -> NodeRun | None:
            found = self.nodes(run_id).get(node_id)
            return found if found is not None and found.state in states else None

        found = wait_until(there, timeout_s, f"{node_id} is {states}")
        assert found is not None
        return found

    def until_runs(self, run_id: str, node_id: str) -> str:
        """Wait until a node's execution has begun; its id."""

        def begun() -> str | None:
            row = self.nodes(run_id).get(node_id)
            if row is None or row.execution_id is None:
                return None
            state = self.world.plane.status(row.execution_id)
            return row.execution_id if state == "running" else None

        return str(wait_until(begun, 30, f"{node_id} runs"))

    def printed(self, run_id: str, node_id: str) -> str:
        """What a node printed."""
        return self.world.printed(str(self.nodes(run_id)[node_id].execution_id))

    def tables(self, run_id: str) -> dict[str, str]:
        """The SHA-256 of what each node put out, by ``node.name``."""
        rows = self.world.outputs(flow_runs.run_key(run_id))
        return {f"{node}.{name}": row.sha256 for (node, name), row in rows.items()}

    def head(self, run_id: str, node_id: str) -> list[Any] | None:
        """The first rows of a node's output ``main``, by its preview; None: no such output."""
        with self.services.ledger.read() as s:
            key = flow_runs.run_key(run_id)
            row = outputs.with_preview(s, self.world.owner.id, key, node_id, "main")
        return None if row is None else list((row.preview or {})["head"])

    def start_worker(self, failpoint: str = "") -> subprocess.Popen[bytes]:
        """Start a flows worker, the old one has ended; it dies where ``failpoint`` says."""
        plane = self.world.plane
        env = environment(plane.settings) | ({"HUSK_FAILPOINT": f"{failpoint}:exit"} if failpoint else {})
        with (plane.settings.data_dir / f"{FLOWS_WORKER}.log").open("ab") as log:
            argv = [sys.executable, "-m", "tasks", FLOWS_WORKER]
            process = subprocess.Popen(argv, env=env, stdout=log, stderr=log)
        plane.processes[FLOWS_WORKER] = process
        return process

    @contextmanager
    def ticks(self) -> Iterator[None]:
        """Tick within the block, in a thread."""
        thread = threading.Thread(target=self.tick, name="ticks", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.ticking.set()
            thread.join(10)

    def tick(self) -> None:
        """Tick until ``ticking`` is set, and look after Redis as lifecycle does."""
        for number in itertools.count():
            if self.ticking.wait(TICK_S):
                return
            with suppress(*AWAY, OperationalError, HuskError):
                self.world.plane.watcher.try_check()
                self._send("flows.tick", queues.FLOWS)
                if number % 4 == 0:
                    self._send("housekeeping.tick", queues.HOUSEKEEPING)

    def _send(self, name: str, queue: str) -> None:
        self.services.celery.send_task(name, queue=queue, retry=False, expires=5)


@contextmanager
def run_world(folder: Path, **fields: Any) -> Iterator[RunWorld]:
    """A world with a flows worker."""
    with flow_world(folder) as world, ExitStack() as stack:
        made = RunWorld(world, folder, stack)
        made.start_worker()
        with made.ticks():
            yield made
