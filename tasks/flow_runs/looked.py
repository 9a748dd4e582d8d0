"""One look at a run: what the ledger holds of it, and what the look is to write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from broker_config.wire.states import NodeRunState, RunState
from tasks.flow_runs.options import RunOptions
from tasks.flow_runs.versions import VERSIONS, Version
from tasks.ledger import runs
from tasks.ledger.executions import NewExecution
from tasks.ledger.outputs import MAIN
from tasks.ledger.runs import AttemptRow, ChangedAttempt, KernelState, NewAttempt, RunRow, Sum, Table
from tasks.ledger.session import Session
from tasks.planning import NodeState

OPEN = (RunState.QUEUED.value, RunState.RUNNING.value)
DONE = frozenset({NodeRunState.SUCCEEDED, NodeRunState.CACHED})


@dataclass(slots=True)
class Look:
    """What was read, what is decided so far (``states``), and what follows.

    ``rows``: the attempts that were open. ``refused``: kernels on which nothing can begin, and why.
    ``wishes``: kernels to be started. ``copies``: (run, node) whose outputs and artifacts are taken over.
    ``good``: nodes that have succeeded, with their executions; ``passed``: those of them that put out
    nothing, with what they read first. ``stops``: attempts that shall end; ``stuck``: attempts that nothing
    will ever run, and why.
    """

    run: RunRow
    version: Version
    options: RunOptions
    now: float
    rows: dict[str, AttemptRow]
    states: dict[str, NodeState]
    refused: Mapping[str, str]
    kernels: dict[str, KernelState] = field(default_factory=dict)
    tables: dict[str, dict[str, Table]] = field(default_factory=dict)
    sums: dict[str, list[Sum]] | None = None
    new: list[NewAttempt] = field(default_factory=list)
    changed: list[ChangedAttempt] = field(default_factory=list)
    executions: dict[str, list[NewExecution]] = field(default_factory=dict)
    wishes: set[str] = field(default_factory=set)
    copies: list[tuple[str, str]] = field(default_factory=list)
    good: dict[str, str] = field(default_factory=dict)
    passed: dict[str, tuple[str, str]] = field(default_factory=dict)
    stops: list[AttemptRow] = field(default_factory=list)
    stuck: list[tuple[AttemptRow, str]] = field(default_factory=list)
    outcome: RunState | None = None
    due_at: float = 0.0
    unfinished: bool = False

    @property
    def is_first(self) -> bool:
        """Whether nobody has looked at it before."""
        return self.run.state == RunState.QUEUED

    @property
    def deadline(self) -> float | None:
        """When its time is up."""
        if self.is_first and self.options.timeout_s is not None:
            return self.now + self.options.timeout_s
        return self.run.deadline

    @property
    def ended_at(self) -> float | None:
        """Since when it shall end: somebody asked for it, or its time was up."""
        times = [self.run.cancel_requested_at]
        if self.deadline is not None and self.deadline <= self.now:
            times.append(self.deadline)
        return min((at for at in times if at is not None), default=None)

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to write beside the time of the next look."""
        return bool(self.is_first or self.new or self.changed or self.outcome)

    def done(self) -> list[str]:
        """Nodes whose outputs are there."""
        return [node for node, seen in self.states.items() if seen.state in DONE]

    def know_kernels(self, s: Session, uids: Iterable[str]) -> None:
        """Read these kernels, where they were not read."""
        missing = set(uids) - self.kernels.keys()
        if missing:
            self.kernels |= runs.kernels_there(s, missing)

    def know_tables(self, s: Session, nodes: Collection[str]) -> None:
        """Read what these nodes put out in this run, where it was not read."""
        missing = set(nodes) - self.tables.keys()
        if missing:
            self.tables |= {node: {} for node in missing}
            for one in runs.tables_of(s, self.run.owner_id, self.run.id, missing):
                self.tables[one.node_id][one.name] = one

    def pass_through(self, node_id: str) -> None:
        """A node has succeeded: where it put out nothing, it passes on what it reads first."""
        first = next(iter(self.version.inputs(node_id)), None)
        if first is None or self.tables[node_id]:
            return
        table = self.tables[first.node_id].get(first.output)
        if table is not None:
            self.tables[node_id] = {MAIN: table._replace(node_id=node_id, name=MAIN)}
            self.passed[node_id] = (first.node_id, first.output)

    def know_sums(self, s: Session) -> dict[str, list[Sum]]:
        """The artifacts of this run by node."""
        if self.sums is None:
            self.sums = {}
            for one in runs.sums_of(s, self.run.owner_id, self.run.id):
                # What a node had published in an earlier run, and now did not, goes with this look.
                if self.good.get(one.node_id, one.execution_id) == one.execution_id:
                    self.sums.setdefault(one.node_id, []).append(one)
        return self.sums

    def rows_in(self, node_id: str) -> int | None:
        """How many rows a node read, where that is known."""
        found = [self.tables.get(one.node_id, {}).get(one.output) for one in self.version.inputs(node_id)]
        counts = [one.rows for one in found if one is not None and one.rows is not None]
        return sum(counts) if counts else None

    def rows_out(self, node_id: str) -> int | None:
        """How many rows a node put out, where that is known."""
        counts = [one.rows for one in self.tables.get(node_id, {}).values() if one.rows is not None]
        return sum(counts) if counts else None


def read(s: Session, run_id: str, now: float, refused: Mapping[str, str]) -> Look | None:
    """The run as it is; None: it has ended, or waits to be released.

    Raises:
        NotFound: its version is not there.
    """
    run = runs.run_row(s, run_id)
    if run is None or run.state not in OPEN or run.due_at is None:
        return None
    version, options = VERSIONS.get(s, run.flow_id, run.flow_version), RunOptions.read(run.options)
    if run.state == RunState.QUEUED:
        return Look(run, version, options, now, {}, {}, refused)
    states = {
        node: NodeState(NodeRunState(state), attempt, finished_at=at)
        for node, attempt, state, at in runs.ended(s, run_id)
    }
    rows = {row.node_id: row for row in runs.attempts(s, run_id)}
    for node, row in rows.items():
        states[node] = NodeState(NodeRunState(row.state), row.attempt, row.not_before)
    return Look(run, version, options, now, rows, states, refused)
