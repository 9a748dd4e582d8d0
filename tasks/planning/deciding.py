"""What a run does next: a pure function of its graph, of what became of its nodes, and of the time.

One pass over the nodes, sources first. Whoever does what it says, late or twice, decides the same again.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from broker_config.wire.states import NodeRunState, RunState
from tasks.planning.graph import Graph, Retries
from tasks.planning.terms import Decision, NodeState, Retry, Rules, Skip, Start

_N = NodeRunState
RETRIED = frozenset({_N.FAILED, _N.TIMED_OUT, _N.LOST})
DONE, OPEN, DEAD = 0, 1, 2
"""What a node is to those that read it: there, to be waited for, never there."""

_Place = tuple[int, int, Start]


class _Pass:
    """The one pass. ``fates``: by number, what each node is to those behind it."""

    def __init__(self, graph: Graph, rules: Rules, now: float, ending: bool) -> None:
        self.graph = graph
        self.rules = rules
        self.now = now
        self.ending = ending
        self.decision = Decision()
        self.fates = bytearray(len(graph.ids))
        self.ready: list[_Place] = []
        self.busy: dict[str, int] = {}
        self.running = 0
        self.waiting = False
        self.worst: RunState | None = None

    def look(self, states: Mapping[str, NodeState]) -> None:
        wanted = self.rules.wanted
        for n, node in enumerate(self.graph.ids):
            seen = states.get(node)
            if wanted is not None and node not in wanted:
                self._unwanted(n, node, seen)
            elif seen is None:
                self.fates[n] = self._pending(n, Start(node))
            else:
                self.fates[n] = self._known(n, node, seen)

    def _unwanted(self, n: int, node: str, seen: NodeState | None) -> None:
        self.fates[n] = DEAD
        if seen is None:
            self.decision.skip.append(Skip(node, None))

    def _known(self, n: int, node: str, seen: NodeState) -> int:
        state = seen.state
        if state is _N.SUCCEEDED or state is _N.CACHED:
            return DONE
        if state is _N.RUNNING:
            return self._running(node)
        if state is _N.PENDING:
            return self._pending(n, Start(node, seen.attempt, True), seen.not_before)
        if state in RETRIED:
            return self._failed(n, node, seen)
        if state is _N.CANCELLED:
            self.worst = self.worst or RunState.CANCELLED
        return DEAD

    def _running(self, node: str) -> int:
        self.running += 1
        kernel = self.rules.kernels.get(node, "")
        self.busy[kernel] = self.busy.get(kernel, 0) + 1
        if self.ending:
            self.decision.stop.append(node)
        return OPEN

    def _failed(self, n: int, node: str, seen: NodeState) -> int:
        policy = self.graph.retries[n]
        if self.ending or seen.attempt > policy.most:
            self.worst = RunState.FAILED
            return DEAD
        at = (seen.finished_at or self.now) + _delay(policy, self.rules.seed, node, seen.attempt)
        if at <= self.now:
            return self._pending(n, Start(node, seen.attempt + 1))
        self.decision.retry.append(Retry(node, seen.attempt + 1, at))
        self._wait(at)
        return OPEN

    def _pending(self, n: int, start: Start, not_before: float | None = None) -> int:
        fate = DONE
        for source in self.graph.sources[n]:
            found = self.fates[source]
            if found == DEAD:
                because = self.graph.ids[source]
                self.decision.skip.append(Skip(start.node_id, because, start.attempt, start.again))
                return DEAD
            fate = fate or found
        if self.ending:
            self.decision.cancel.append(start)
            self.worst = self.worst or RunState.CANCELLED
            return DEAD
        if fate == OPEN:
            self.waiting = True
        elif not_before is not None and not_before > self.now:
            self._wait(not_before)
        else:
            self.ready.append((-self.graph.height[n], n, start))
        return OPEN

    def _wait(self, until: float) -> None:
        self.waiting = True
        before = self.decision.wait_until
        self.decision.wait_until = until if before is None else min(before, until)

    def choose(self) -> None:
        """Of what could begin as much as may be in flight: what most has to follow first."""
        rules, free = self.rules, self.rules.max_parallel - self.running
        for _, _, start in sorted(self.ready):
            if free <= 0:
                break
            kernel = rules.kernels.get(start.node_id, "")
            if self.busy.get(kernel, 0) < rules.per_kernel:
                self.busy[kernel] = self.busy.get(kernel, 0) + 1
                self.decision.start.append(start)
                free -= 1

    @property
    def is_over(self) -> bool:
        return not (self.running or self.waiting or self.ready)


def decide(
    graph: Graph,
    states: Mapping[str, NodeState],
    rules: Rules,
    now: float,
    *,
    cancelled: bool = False,
    timed_out: bool = False,
) -> Decision:
    """What is to be done.

    Args:
        states: of the nodes that have an attempt; the others are pending.
        now: unix seconds.
        cancelled: somebody asked for the run's end. timed_out: its time is up. Then nothing begins, what
            runs is stopped, and what has failed is not tried again.
    """
    one = _Pass(graph, rules, now, cancelled or timed_out)
    one.look(states)
    one.choose()
    if one.is_over:
        cut = timed_out and one.worst is not None
        one.decision.outcome = RunState.TIMED_OUT if cut else one.worst or RunState.SUCCEEDED
    return one.decision


def _delay(policy: Retries, seed: str, node: str, attempt: int) -> float:
    """Seconds; the same for the same attempt, whoever asks and when."""
    delay = policy.delay_s * policy.backoff ** (attempt - 1)
    if not policy.jitter:
        return delay
    dice = random.Random(f"{seed} {node} {attempt}")  # noqa: S311 - spreads retries, guards nothing
    return delay * (1.0 + policy.jitter * dice.uniform(-1.0, 1.0))
