"""What became of a run's nodes: read off their executions, whoever ended those; no message is needed."""

from __future__ import annotations

from typing import Any

from broker_config.wire.states import (
    EXECUTION_TERMINAL,
    DesiredState,
    ExecutionState,
    KernelState,
    NodeRunState,
)
from tasks.flow_runs.looked import Look
from tasks.ledger.runs import AttemptRow, ChangedAttempt
from tasks.ledger.runs import KernelState as KernelRow
from tasks.ledger.session import Session
from tasks.planning import NodeState
from tasks.submission import takes_cells

ENDS = {
    ExecutionState.SUCCEEDED: NodeRunState.SUCCEEDED,
    ExecutionState.FAILED: NodeRunState.FAILED,
    ExecutionState.CANCELLED: NodeRunState.CANCELLED,
    ExecutionState.TIMED_OUT: NodeRunState.TIMED_OUT,
    ExecutionState.LOST: NodeRunState.LOST,
    ExecutionState.SKIPPED: NodeRunState.LOST,
}
BAD = frozenset({NodeRunState.FAILED, NodeRunState.TIMED_OUT, NodeRunState.LOST})
GONE = "the kernel of this node was deleted before it ran"
ALONE = "somebody cancelled this node, and not the run"
TOGETHER = "the run was cancelled"
TIME_UP = "the time of the run was up"
NO_EXECUTION = "nothing is known of this node's execution any more"


def observe(s: Session, look: Look) -> None:
    """Note the ends of what was in flight, and what will never be run."""
    in_flight = [row for row in look.rows.values() if row.state == NodeRunState.RUNNING]
    ended = [row for row in in_flight if row.status is None or row.status in EXECUTION_TERMINAL]
    good = [row for row in ended if row.status == ExecutionState.SUCCEEDED]
    if good:
        look.good = {row.node_id: str(row.execution_id) for row in good}
        sources = [one.node_id for node in look.good for one in look.version.inputs(node)]
        look.know_tables(s, [*look.good, *sources])
        for node_id in look.good:
            look.pass_through(node_id)
    waiting = [row for row in in_flight if row.status == ExecutionState.QUEUED]
    cancelled = [row for row in ended if row.status == ExecutionState.CANCELLED]
    look.know_kernels(s, {str(row.kernel_uid) for row in (*waiting, *cancelled)})
    for row in ended:
        _end(look, row)
    look.stuck = [(row, words) for row in waiting if (words := _never_runs(look, row)) is not None]


def _end(look: Look, row: AttemptRow) -> None:
    state = NodeRunState.LOST if row.status is None else ENDS[ExecutionState(row.status)]
    reason = None if row.status is not None else NO_EXECUTION
    if state is NodeRunState.CANCELLED:
        state, reason = _cancelled(look, row)
    finished_at = row.finished_at or look.now
    good = state is NodeRunState.SUCCEEDED
    look.states[row.node_id] = NodeState(state, row.attempt, finished_at=finished_at)
    look.changed.append(
        ChangedAttempt(
            row_id=row.id,
            state=state.value,
            kernel_uid=row.kernel_uid,
            execution_id=row.execution_id,
            started_at=row.started_at,
            finished_at=finished_at,
            rows_in=look.rows_in(row.node_id) if good else None,
            rows_out=look.rows_out(row.node_id) if good else None,
            reason=reason,
            error=short(row.error),
        )
    )


def _cancelled(look: Look, row: AttemptRow) -> tuple[NodeRunState, str]:
    if look.run.cancel_requested_at is not None:
        return NodeRunState.CANCELLED, TOGETHER
    if look.ended_at is not None:
        return NodeRunState.CANCELLED, TIME_UP
    if row.kernel_uid not in look.kernels:
        return NodeRunState.LOST, GONE
    return NodeRunState.CANCELLED, ALONE


def _never_runs(look: Look, row: AttemptRow) -> str | None:
    kernel = look.kernels.get(str(row.kernel_uid))
    # A deleted kernel's executions are ended by who deletes it.
    return None if kernel is None else cannot_run(kernel)


def cannot_run(kernel: KernelRow) -> str | None:
    """Why a kernel runs nothing without somebody's further doing; None: it does, or will."""
    if takes_cells(kernel):
        return None
    if kernel.state == KernelState.ERROR:
        return f"the kernel {kernel.slug!r} is in error: {kernel.error or 'nobody knows why'}"
    if kernel.desired_state == DesiredState.STOPPED:
        return f"the kernel {kernel.slug!r} was stopped; start it, and resume the run"
    return f"the kernel {kernel.slug!r} is {kernel.state}"


def short(error: dict[str, Any] | None) -> dict[str, Any] | None:
    """An execution's error without its traceback."""
    if error is None:
        return None
    return {"type": error.get("type"), "message": error.get("message"), "line": error.get("line")}
