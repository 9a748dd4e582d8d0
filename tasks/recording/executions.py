"""Events of executions into the ledger. Each handler may be called again with the same event."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from broker_config.wire.codec import plain
from broker_config.wire.errors import NotFound, WrongTransition
from broker_config.wire.events import Checkpoint, Event, ExecutionResult, Finished, Started
from broker_config.wire.states import EXECUTION_OPEN, EXECUTION_TERMINAL, ExecutionState
from tasks.ledger import executions
from tasks.ledger.session import Session
from tasks.recording.checking import seconds_of, short, time_of, whole_of
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
    """An open execution ends; one that has ended keeps its end. Either way the kernel may forget it."""
    execution_id, result = str(about.event.execution_id), body.result
    effects.ended.setdefault(about.uid, []).append(execution_id)
    if result.status not in EXECUTION_TERMINAL:
        log.warning("execution %s: a result that is no end was dropped", execution_id)
        return
    status = result.status
    try:
        ended = executions.end(session, execution_id, status, _finished_at(result), **_fields(result))
    except WrongTransition:  # it runs, so it cannot have been skipped
        status = ExecutionState.FAILED
        ended = executions.end(session, execution_id, status, _finished_at(result), **_fields(result))
    except NotFound:
        ended = False
    if not ended:
        log.info("execution %s: a late result was dropped", execution_id)
        return
    effects.changed.add(about.uid)
    executions.set_output(
        session,
        execution_id,
        items=plain(result.items),
        truncated=plain(result.truncated),
        logs=plain(result.logs),
        outputs=result.outputs,
        artifacts={"published": result.artifacts_published, "deleted": result.artifacts_deleted},
    )


def on_checkpoint(session: Session, about: About, body: Checkpoint, effects: Effects) -> None:
    """Output so far of an open execution, so that it outlives a crash."""
    execution_id = str(about.event.execution_id)
    row = executions.get(session, execution_id)
    if row is not None and ExecutionState(row.status) in EXECUTION_OPEN:
        # Named by its number and not by its place: what is sent again has another place.
        part = str(about.event.seq)[:64]
        executions.append_output(session, execution_id, plain(body.items), plain(body.logs), part)
        effects.changed.add(about.uid)


def _finished_at(result: ExecutionResult) -> float:
    now = time.time()
    return time_of(result.finished_at, now) or now


def _fields(result: ExecutionResult) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "generation": short(result.generation),
        "execution_count": whole_of(result.execution_count),
        "wall_s": seconds_of(result.wall_s),
        "cpu_s": seconds_of(result.cpu_s),
        "memory_peak_bytes": whole_of(result.memory_peak_bytes),
        "error": plain(result.error),
    }
    started_at = time_of(result.started_at, time.time())
    return fields if started_at is None else {**fields, "started_at": started_at}
