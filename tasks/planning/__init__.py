"""Planning of runs: pure decisions, without any server."""

from tasks.planning.deciding import decide
from tasks.planning.graph import Graph, Retries
from tasks.planning.terms import PER_KERNEL, Decision, NodeState, Retry, Rules, Skip, Start

__all__ = [
    "PER_KERNEL",
    "Decision",
    "Graph",
    "NodeState",
    "Retries",
    "Retry",
    "Rules",
    "Skip",
    "Start",
    "decide",
]
