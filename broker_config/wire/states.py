"""States and their transition tables. A wrong transition is an error, not a log line."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from broker_config.wire.errors import WrongTransition


class KernelState(StrEnum):
    """State of a kernel as the ledger keeps it; ``executing`` is derived for people from ``ready``."""

    STOPPED = "stopped"  # nothing runs; its queue is kept
    BUILDING = "building"  # its environment is being made
    STARTING = "starting"  # the runtime was asked; the agent has not reported yet
    READY = "ready"  # agent and runner are there
    EXECUTING = "executing"  # derived: ready, and a cell runs
    UNRESPONSIVE = "unresponsive"  # no pulse for 15 s; says nothing about its work
    STOPPING = "stopping"  # asked to end, not ended yet
    ERROR = "error"  # could not start, or ended by itself; `error` says why and what to do


class DesiredState(StrEnum):
    """What a person asked for; the lifecycle worker makes it so."""

    RUNNING = "running"
    STOPPED = "stopped"
    DELETED = "deleted"


class ExecutionState(StrEnum):
    """State of one cell's execution. The first two are open, the rest are for ever."""

    QUEUED = "queued"  # accepted, committed, not begun
    RUNNING = "running"  # claimed by a kernel
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # raised, or its runner died while it ran
    CANCELLED = "cancelled"  # by a person: removed while queued, or interrupted
    TIMED_OUT = "timed_out"  # ran longer than its timeout_s
    LOST = "lost"  # may have run; how it ended cannot be known
    SKIPPED = "skipped"  # an earlier cell of its stop_on_error batch failed


class RunState(StrEnum):
    """State of a flow's run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"  # by the schedule's overlap policy


class NodeRunState(StrEnum):
    """State of one node in one run."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    LOST = "lost"
    CACHED = "cached"


_X, _K, _R, _N = ExecutionState, KernelState, RunState, NodeRunState

EXECUTION_TERMINAL = frozenset({_X.SUCCEEDED, _X.FAILED, _X.CANCELLED, _X.TIMED_OUT, _X.LOST, _X.SKIPPED})
EXECUTION_OPEN = frozenset({_X.QUEUED, _X.RUNNING})
RUN_TERMINAL = frozenset(set(_R) - {_R.QUEUED, _R.RUNNING})
NODE_RUN_TERMINAL = frozenset(set(_N) - {_N.PENDING, _N.RUNNING})

EXECUTION_TRANSITIONS: dict[ExecutionState, frozenset[ExecutionState]] = {
    # The recorder may meet `finished` before `started` when Redis lost data: every end is reachable.
    _X.QUEUED: frozenset({_X.RUNNING}) | EXECUTION_TERMINAL,
    _X.RUNNING: EXECUTION_TERMINAL - {_X.SKIPPED},
    **{end: frozenset() for end in EXECUTION_TERMINAL},
}
KERNEL_TRANSITIONS: dict[KernelState, frozenset[KernelState]] = {
    _K.STOPPED: frozenset({_K.BUILDING, _K.STARTING, _K.ERROR}),
    _K.BUILDING: frozenset({_K.STARTING, _K.ERROR, _K.STOPPED, _K.STOPPING}),
    _K.STARTING: frozenset({_K.READY, _K.ERROR, _K.STOPPING, _K.STOPPED, _K.BUILDING}),
    # One that died unwatched is started again, and its environment may be gone.
    _K.READY: frozenset({_K.UNRESPONSIVE, _K.STOPPING, _K.STOPPED, _K.ERROR, _K.STARTING, _K.BUILDING}),
    _K.EXECUTING: frozenset(),  # never stored
    _K.UNRESPONSIVE: frozenset({_K.READY, _K.STOPPING, _K.STOPPED, _K.ERROR, _K.STARTING, _K.BUILDING}),
    _K.STOPPING: frozenset({_K.STOPPED, _K.ERROR, _K.STARTING, _K.BUILDING}),
    _K.ERROR: frozenset({_K.BUILDING, _K.STARTING, _K.STOPPING, _K.STOPPED}),
}
RUN_TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    _R.QUEUED: frozenset({_R.RUNNING, _R.CANCELLED, _R.SKIPPED, _R.FAILED, _R.TIMED_OUT}),
    _R.RUNNING: RUN_TERMINAL - {_R.SKIPPED},
    **{end: frozenset() for end in RUN_TERMINAL},
}
NODE_RUN_TRANSITIONS: dict[NodeRunState, frozenset[NodeRunState]] = {
    _N.PENDING: frozenset({_N.RUNNING, _N.SKIPPED, _N.CANCELLED, _N.CACHED}),
    _N.RUNNING: NODE_RUN_TERMINAL - {_N.SKIPPED, _N.CACHED},
    **{end: frozenset() for end in NODE_RUN_TERMINAL},
}

KERNEL_TAKES_CELLS = frozenset({_K.BUILDING, _K.STARTING, _K.READY, _K.EXECUTING, _K.UNRESPONSIVE})

S = TypeVar("S", bound=StrEnum)


def check(table: dict[S, frozenset[S]], old: S, new: S) -> None:
    """Raise ``WrongTransition`` unless ``table`` allows ``old`` → ``new``."""
    if new not in table[old]:
        raise WrongTransition(f"{type(old).__name__} cannot go from {old} to {new}")
