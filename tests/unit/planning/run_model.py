"""A flow run without servers: what `decide` says is done by a table of states; and what has to come of it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broker_config.wire.states import NODE_RUN_TERMINAL, RunState
from broker_config.wire.states import NodeRunState as N
from tasks.planning import Decision, Graph, NodeState, Retries, Rules, decide

LAST = N.SUCCEEDED
OK = frozenset({N.SUCCEEDED, N.CACHED})


@dataclass
class Case:
    """A graph, and how each attempt at each node ends; after the last of its list a node succeeds."""

    size: int
    edges: list[tuple[int, int]]
    ends: dict[int, list[N]] = field(default_factory=dict)
    retries: dict[int, int] = field(default_factory=dict)
    kernels: int = 3
    max_parallel: int = 4

    @property
    def ids(self) -> list[str]:
        return [f"n{n}" for n in range(self.size)]

    def graph(self) -> Graph:
        policies = {f"n{n}": Retries(most, 10.0, 2.0, 0.5) for n, most in self.retries.items()}
        return Graph(self.ids, [(f"n{a}", f"n{b}") for a, b in self.edges], policies)

    def rules(self, wanted: frozenset[str] | None = None) -> Rules:
        kernels = {one: f"k{n % self.kernels}" for n, one in enumerate(self.ids)}
        return Rules(kernels, self.max_parallel, wanted=wanted, seed="run")

    def end(self, node: str, attempt: int) -> N:
        given = self.ends.get(int(node[1:]), [])
        return given[attempt - 1] if attempt <= len(given) else LAST


def one_after_the_other(case: Case) -> dict[str, tuple[N, int]]:
    """Final state and attempt of every node, as a person would work them off: sources first."""
    found: dict[str, tuple[N, int]] = {}
    for n, node in enumerate(case.ids):
        sources = [f"n{a}" for a, b in case.edges if b == n]
        if any(found[source][0] not in OK for source in sources):
            found[node] = (N.SKIPPED, 1)
            continue
        attempt = 1
        while case.end(node, attempt) is not LAST and attempt <= case.retries.get(n, 0):
            attempt += 1
        found[node] = (case.end(node, attempt), attempt)
    return found


class Table:
    """Rows (node, attempt), and a revision: what was decided on older rows is not done."""

    def __init__(self, case: Case, dice: random.Random, wanted: frozenset[str] | None = None) -> None:
        self.case = case
        self.dice = dice
        self.graph, self.rules = case.graph(), case.rules(wanted)
        self.rows: dict[tuple[str, int], NodeState] = {}
        self.started: list[tuple[str, int]] = []
        self.revision = 0
        self.now = 1000.0
        self.cancelled = False
        self.timed_out = False
        self.outcome: RunState | None = None

    def states(self) -> Mapping[str, NodeState]:
        """The latest attempts."""
        found: dict[str, NodeState] = {}
        for (node, attempt), row in self.rows.items():
            if node not in found or found[node].attempt < attempt:
                found[node] = row
        return found

    def look(self) -> tuple[int, Decision]:
        """What is decided now, and on which revision."""
        decided = decide(
            *(self.graph, self.states(), self.rules, self.now),
            cancelled=self.cancelled,
            timed_out=self.timed_out,
        )
        return self.revision, decided

    def act(self, revision: int, decision: Decision) -> bool:
        """Do it, unless something else was done since; whether anything changed."""
        if revision != self.revision or self.outcome is not None:
            return False
        before = len(self.rows), self.outcome, len(self.started)
        for start in decision.start:
            self._put(start.node_id, NodeState(N.RUNNING, start.attempt), start.again)
            self.started.append((start.node_id, start.attempt))
        for retry in decision.retry:
            self._put(retry.node_id, NodeState(N.PENDING, retry.attempt, retry.not_before), False)
        for skip in decision.skip:
            self._put(skip.node_id, NodeState(N.SKIPPED, skip.attempt), skip.again)
        for cancel in decision.cancel:
            self._put(cancel.node_id, NodeState(N.CANCELLED, cancel.attempt), cancel.again)
        for node in decision.stop:
            self.end(node, N.CANCELLED)
        self.outcome = decision.outcome
        changed = before != (len(self.rows), self.outcome, len(self.started)) or bool(decision.stop)
        self.revision += changed
        return changed

    def _put(self, node: str, state: NodeState, again: bool) -> None:
        key = (node, state.attempt)
        assert (key in self.rows) is again, f"{key} is {'not there' if again else 'there already'}"
        assert key not in self.rows or self.rows[key].state is N.PENDING
        self.rows[key] = state

    def end(self, node: str, state: N | None = None) -> None:
        """A node that runs ends as its case says; another one of the run's events."""
        seen = self.states()[node]
        assert seen.state is N.RUNNING
        end = state or self.case.end(node, seen.attempt)
        self.rows[node, seen.attempt] = NodeState(end, seen.attempt, finished_at=self.now)
        self.revision += 1

    def running(self) -> Sequence[str]:
        """Nodes in flight."""
        return [node for node, row in self.states().items() if row.state is N.RUNNING]

    def check_limits(self) -> None:
        """Never more in flight than the rules say, and nobody before its sources."""
        busy = self.running()
        assert len(busy) <= self.rules.max_parallel
        kernels = [self.rules.kernels[node] for node in busy]
        assert all(kernels.count(one) <= self.rules.per_kernel for one in kernels)
        states = self.states()
        for node in busy:
            for source in self.graph.sources[self.graph.numbers[node]]:
                assert states[self.graph.ids[source]].state in OK

    def play(self, cancel_after: int | None = None, time_up_after: int | None = None) -> None:
        """Until it has ended: looks that come late, twice or not at all; nodes that end in any order."""
        stale: list[tuple[int, Decision]] = []
        for step in range(60 * self.case.size + 60):
            self.cancelled = self.cancelled or step == cancel_after
            self.timed_out = self.timed_out or step == time_up_after
            look = self.look()
            stale.append(look)
            if stale and self.dice.random() < 0.3:
                self.act(*self.dice.choice(stale))
            if self.dice.random() < 0.8:
                self.act(*look)
                assert not self.act(*look) or not (look[1].start or look[1].outcome)
            self.check_limits()
            if self.outcome is not None:
                break
            busy = self.running()
            if busy and self.dice.random() < 0.7:
                self.end(self.dice.choice(busy))
            elif not busy and look[1].wait_until is not None:
                self.now = max(self.now, look[1].wait_until)
        assert self.outcome is not None, "the run has not ended"
        assert all(row.state in NODE_RUN_TERMINAL for row in self.rows.values())
        assert set(self.states()) == set(self.case.ids)
        assert len(set(self.started)) == len(self.started), "a node was started twice"
