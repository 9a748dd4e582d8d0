"""What a decision is made of, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker_config.wire.states import NodeRunState, RunState

PER_KERNEL = 2
"""Nodes of one run in flight on one kernel: one runs, one waits behind it. So runs share a kernel."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """The latest attempt at a node. ``not_before``: of one that is pending; ``finished_at``: of one that
    has ended; unix seconds."""

    state: NodeRunState
    attempt: int = 1
    not_before: float | None = None
    finished_at: float | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Of one run: node → kernel, nodes in flight at most, and which nodes are wanted (None: all).

    ``seed``: what is random about the run's retries follows from it.
    """

    kernels: Mapping[str, str]
    max_parallel: int = 16
    per_kernel: int = PER_KERNEL
    wanted: frozenset[str] | None = None
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """Put a node into its kernel's queue. ``again``: a row of this attempt is there, pending."""

    node_id: str
    attempt: int = 1
    again: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """A node that will not run. ``because``: the node it waited for in vain; None: nobody wanted it."""

    node_id: str
    because: str | None
    attempt: int = 1
    again: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """A node to be tried again, not before that time in unix seconds."""

    node_id: str
    attempt: int
    not_before: float


@dataclass(slots=True)
class Decision:
    """What is to be done now. Nodes stand in the order in which it is to be done.

    ``cancel``: nodes that wait and shall not begin. ``stop``: nodes that run and shall not go on.
    ``wait_until``: when time alone changes something. ``outcome``: the run has ended, and how.
    """

    start: list[Start] = field(default_factory=list)
    retry: list[Retry] = field(default_factory=list)
    skip: list[Skip] = field(default_factory=list)
    cancel: list[Start] = field(default_factory=list)
    stop: list[str] = field(default_factory=list)
    wait_until: float | None = None
    outcome: RunState | None = None
