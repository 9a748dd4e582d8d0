"""What a decision says about single nodes, as rows and executions to write."""

from __future__ import annotations

from broker_config.wire.errors import HuskError
from broker_config.wire.names import new_execution_id
from broker_config.wire.states import DesiredState, KernelState, NodeRunState
from tasks.flow_documents import as_code_gets
from tasks.flow_runs import cache_keys, reusing
from tasks.flow_runs.looked import Look
from tasks.flow_runs.observing import GONE, TIME_UP, TOGETHER, cannot_run
from tasks.ledger.executions import NewExecution
from tasks.ledger.runs import ChangedAttempt, NewAttempt
from tasks.ledger.session import Session
from tasks.planning import Decision, NodeState, Skip, Start

NOT_WANTED = "not among the nodes that were asked for, nor needed by them"
NOT_RUN = "not run: {!r}, which it reads, {}"
_FATES = {
    NodeRunState.FAILED: "failed",
    NodeRunState.LOST: "was lost",
    NodeRunState.TIMED_OUT: "took too long",
    NodeRunState.CANCELLED: "was cancelled",
    NodeRunState.SKIPPED: "was not run either",
}


def apply(s: Session, look: Look, decision: Decision) -> bool:
    """Note what is to be written; whether there is more to decide at once, since nodes ended by it."""
    for retry in decision.retry:
        state = NodeState(NodeRunState.PENDING, retry.attempt, retry.not_before)
        _put(look, Start(retry.node_id, retry.attempt), state)
    for skip in decision.skip:
        _put(
            look, skip, NodeState(NodeRunState.SKIPPED, skip.attempt, finished_at=look.now), _why(look, skip)
        )
    for one in decision.cancel:
        words = TOGETHER if look.run.cancel_requested_at is not None else TIME_UP
        _put(look, one, NodeState(NodeRunState.CANCELLED, one.attempt, finished_at=look.now), words)
    look.stops = [look.rows[node] for node in decision.stop]
    look.know_kernels(s, {look.run.kernels[one.node_id] for one in decision.start})
    begun = [_begin(s, look, one) for one in decision.start]
    return not all(begun)


def _begin(s: Session, look: Look, start: Start) -> bool:
    """Put a node into its kernel's queue; False: it has ended without that, well or not."""
    key = None
    try:
        if cache_keys.is_wanted(look, start.node_id):
            key = cache_keys.key_of(s, look, start.node_id)
        if key and look.options.cache and start.attempt == 1 and reusing.cached(s, look, start.node_id, key):
            return False
        code = look.version.code(start.node_id)
    except HuskError as error:
        return _fail(look, start, type(error).__name__, error.message)
    uid = look.run.kernels[start.node_id]
    why = _refusal(look, uid)
    if why is not None:
        return _fail(look, start, "KernelNotRunning", why)
    _queue(look, start, code, key)
    return True


def _refusal(look: Look, uid: str) -> str | None:
    """Why nothing begins on a kernel; one that is stopped, or has failed, is wished to run, once."""
    if uid in look.refused:
        return look.refused[uid]
    kernel = look.kernels.get(uid)
    if kernel is None:
        return GONE
    why = cannot_run(kernel)
    if why is None:
        return None
    if kernel.state == KernelState.ERROR:
        if uid in look.run.woken:
            return why
    elif kernel.desired_state != DesiredState.STOPPED:
        return why
    if not look.options.start_kernels:
        return f"{why}, or let runs start it (`start_kernels`)"
    look.wishes.add(uid)
    return None


def _queue(look: Look, start: Start, code: str, key: str | None) -> None:
    run, node_id = look.run, start.node_id
    uid = run.kernels[node_id]
    execution = NewExecution(
        id=new_execution_id(uid),
        kernel_uid=uid,
        flow_id=run.flow_id,
        node_id=node_id,
        batch_id=None,
        stop_on_error=False,
        interactive=False,
        code=code,
        timeout_s=look.version.nodes[node_id]["settings"].get("timeout_s"),
        idempotency_key=None,
        epoch_generation=None,
        epoch_number=None,
        run_id=run.id,
        attempt=start.attempt,
        parameters=as_code_gets(look.version.document["parameters"], run.parameters),
    )
    look.executions.setdefault(uid, []).append(execution)
    kernel = look.kernels[uid]
    look.states[node_id] = NodeState(NodeRunState.RUNNING, start.attempt)
    if start.again:
        row = look.rows[node_id]
        look.changed.append(
            ChangedAttempt(row.id, NodeRunState.RUNNING.value, uid, execution.id, kernel.lock_digest, key)
        )
        return
    look.new.append(
        NewAttempt(
            *(run.id, node_id, start.attempt, NodeRunState.RUNNING.value, look.now),
            *(uid, execution.id, kernel.lock_digest, key),
        )
    )


def _fail(look: Look, start: Start, kind: str, message: str) -> bool:
    state = NodeState(NodeRunState.FAILED, start.attempt, finished_at=look.now)
    _put(look, start, state, error={"type": kind, "message": message, "line": None})
    return False


def _why(look: Look, skip: Skip) -> str:
    if skip.because is None:
        return NOT_WANTED
    seen = look.states.get(skip.because)
    return NOT_RUN.format(skip.because, _FATES.get(seen.state, "ended") if seen else "ended")


def _put(
    look: Look,
    which: Start | Skip,
    state: NodeState,
    reason: str | None = None,
    error: dict[str, object] | None = None,
) -> None:
    """A row of a node that is not in flight."""
    node_id = which.node_id
    look.states[node_id] = state
    uid = look.run.kernels.get(node_id)
    if which.again:
        row_id = look.rows[node_id].id
        look.changed.append(
            ChangedAttempt(
                row_id=row_id,
                state=state.state.value,
                kernel_uid=uid,
                execution_id=None,
                finished_at=state.finished_at,
                reason=reason,
                error=error,
            )
        )
        return
    look.new.append(
        NewAttempt(
            run_id=look.run.id,
            node_id=node_id,
            attempt=which.attempt,
            state=state.state.value,
            created_at=look.now,
            kernel_uid=uid,
            not_before=state.not_before,
            finished_at=state.finished_at,
            reason=reason,
            error=error,
        )
    )
