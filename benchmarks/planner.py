"""How long deciding takes: flows of 10,000 nodes. ``python -m benchmarks.planner``; needs no server."""

from __future__ import annotations

import random
import time
from itertools import pairwise

from broker_config.wire.states import NodeRunState
from tasks.planning import Decision, Graph, NodeState, Rules, decide

NODES = 10_000
ROUNDS = 9
KERNELS = 4


def chain() -> Graph:
    """One node after the other."""
    ids = [f"n{n}" for n in range(NODES)]
    return Graph(ids, pairwise(ids))


def layers(width: int = 100, reads: int = 5) -> Graph:
    """Layers of nodes, each of which reads some of the layer before: 50,000 connections."""
    dice = random.Random(7)
    ids = [f"n{n}" for n in range(NODES)]
    edges = []
    for n in range(width, NODES):
        first = (n // width - 1) * width
        edges += [(ids[first + at], ids[n]) for at in dice.sample(range(width), reads)]
    return Graph(ids, edges)


def wide() -> Graph:
    """All at once."""
    return Graph([f"n{n}" for n in range(NODES)], [])


def milliseconds(graph: Graph, states: dict[str, NodeState]) -> float:
    """The middle of some rounds."""
    rules = Rules({node: f"k{n % KERNELS}" for n, node in enumerate(graph.ids)})
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        decided: Decision = decide(graph, states, rules, 0.0)
        times.append(1000 * (time.perf_counter() - begun))
        assert decided.outcome is None
    return sorted(times)[ROUNDS // 2]


def main() -> None:
    """Print the table."""
    print(
        f"{'10,000 nodes':<28}{'graph, ms':>12}{'none ran, ms':>14}{'half ran, ms':>14}{'one left, ms':>14}"
    )
    for name, make in (("chain", chain), ("layers of 100, 49,500 edges", layers), ("all at once", wide)):
        begun = time.perf_counter()
        graph = make()
        made = 1000 * (time.perf_counter() - begun)
        done = NodeState(NodeRunState.SUCCEEDED)
        figures = [
            milliseconds(graph, dict.fromkeys(graph.ids[:count], done))
            for count in (0, NODES // 2, NODES - 1)
        ]
        print(f"{name:<28}{made:>12.1f}" + "".join(f"{one:>14.1f}" for one in figures))


if __name__ == "__main__":
    main()
