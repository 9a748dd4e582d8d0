"""Events of executions into the ledger. Each handler may be called again with the same event."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from broker_config.wire.codec import plain
from broker_config.wire.events import CellError, Checkpoint, Event, ExecutionResult, Finished, Started
from broker_config.wire.names import kernel_of
from broker_config.wire.states import EXECUTION_OPEN, EXECUTION_TERMINAL, ExecutionState
from tasks.ledger import executions
from tasks.ledger.endings import Ending, Output, end_many
from tasks.ledger.session import Session
from tasks.recording.checking import bounded, seconds_of, short, time_of, whole_of
from tasks.recording.effects import Effects

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class About:
    """An event and where it came from: kernel, place in the stream."""

    uid: str
    entry_id: str
    event: Event


def on_started(session: Session, about: About, body: Started, effects: Effects) -> None:
    """queued → running."""
    at = time_of(about.event.at, time.time()) or time.time()
    if executions.started(session, str(about.event.execution_id), short(body.generation), at):
        effects.changed.add(about.uid)


def on_finished(session: Session, about: About, body: Finished, effects: Effects) -> None:
    """An open execution ends, with all others of its batch; either way the kernel may forget it."""
    execution_id, result = str(about.event.execution_id), body.result
    effects.ended.setdefault(about.uid, []).append(execution_id)
    if result.status in EXECUTION_TERMINAL:
        effects.endings.append(_ending(execution_id, result))
    else:
        log.warning("execution %s: a result that is no end was dropped", execution_id)


def write_endings(session: Session, effects: Effects) -> None:
    """Write what ``on_finished`` collected. What has ended before keeps its end."""
    if not effects.endings:
        return
    ended = end_many(session, effects.endings)
    effects.changed |= {kernel_of(execution_id) for execution_id in ended}
    effects.runs |= {run_id for run_id in ended.values() if run_id is not None}
    late = {one.execution_id for one in effects.endings} - ended.keys()
    if late:
        log.info("%d late results were dropped, among them of execution %s", len(late), min(late))
    effects.endings = []


def end_bare(session: Session, about: About, effects: Effects) -> None:
    """End an execution whose result cannot be written: it ended, and the kernel will not say more."""
    execution_id, now = str(about.event.execution_id), time.time()
    error = plain(CellError("BadMessage", "the result of this cell could not be recorded", []))
    if executions.end(session, execution_id, ExecutionState.FAILED, now, error=error):
        effects.changed.add(about.uid)
    effects.ended.setdefault(about.uid, []).append(execution_id)


def on_checkpoint(session: Session, about: About, body: Checkpoint, effects: Effects) -> None:
    """Output so far of an open execution, so that it outlives a crash."""
    execution_id = str(about.event.execution_id)
    row = executions.get(session, execution_id)
    if row is not None and ExecutionState(row.status) in EXECUTION_OPEN:
        # Named by its number and not by its place: what is sent again has another place.
        part = str(about.event.seq)[:64]
        executions.append_output(session, execution_id, plain(body.items), plain(body.logs), part)
        effects.changed.add(about.uid)


def _ending(execution_id: str, result: ExecutionResult) -> Ending:
    now = time.time()
    return Ending(
        execution_id=execution_id,
        status=result.status,
        finished_at=time_of(result.finished_at, now) or now,
        started_at=time_of(result.started_at, now),
        generation=short(result.generation),
        execution_count=whole_of(result.execution_count),
        wall_s=seconds_of(result.wall_s),
        cpu_s=seconds_of(result.cpu_s),
        memory_peak_bytes=whole_of(result.memory_peak_bytes),
        error=plain(result.error),
        output=Output(
            items=plain(result.items),
            truncated=plain(result.truncated),
            logs=[{**line, "at": time_of(line["at"], now) or now} for line in plain(result.logs)],
            outputs=bounded(result.outputs),
            artifacts={
                "published": bounded(result.artifacts_published),
                "deleted": bounded(result.artifacts_deleted),
            },
        ),
    )
