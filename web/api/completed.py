"""An execution as it is now: the ledger's, completed from ``out`` until the recorder has caught up."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import redis

from broker_config.wire.codec import plain
from broker_config.wire.events import ExecutionResult
from broker_config.wire.states import EXECUTION_TERMINAL, ExecutionState
from tasks.ledger import executions
from tasks.ledger.models import Execution, ExecutionOutput
from web.api.shapes.basic import moment
from web.api.shapes.executions import output_of, summary, whole
from web.context import Web
from web.live import history
from web.live.assembly import Assembly

OF_RESULT = ("execution_count", "wall_s", "cpu_s", "memory_peak_bytes", "generation")

AT_ONCE = 10
"""Outputs in memory at a time: one may have megabytes."""

log = logging.getLogger(__name__)


def complete(web: Web, row: Execution) -> dict[str, Any]:
    """One execution with all its output, as plain data."""
    with web.services.ledger.read() as session:
        shown = summary(row, executions.position(session, row))
        output = output_of(executions.output(session, row.id))
    if row.status in EXECUTION_TERMINAL:
        return whole(shown, output)
    live = _live(web, row)
    if live.finished is not None:
        return _finished(shown, live.finished.result)
    if live.started is not None:
        shown |= {"status": ExecutionState.RUNNING, "position": 0}
        shown["started_at"] = shown["started_at"] or moment(live.started.event.at)
    if live.complete:
        output |= live.output()
    return whole(shown, output)


def complete_all(web: Web, rows: list[Execution]) -> Iterator[dict[str, Any]]:
    """The same of several, in their order; of those that have ended some are read at once."""
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        with web.services.ledger.read() as session:
            kept = executions.outputs(session, [row.id for row in some if row.status in EXECUTION_TERMINAL])
        for row in some:
            if row.id in kept:
                yield whole(summary(row, 0), output_of(kept[row.id]))
            else:
                yield complete(web, row)


def recorded_events(web: Web, row: Execution) -> list[dict[str, Any]]:
    """An ended execution as events, made from the ledger. The last is ``finished``."""
    with web.services.ledger.read() as session:
        kept: ExecutionOutput | None = executions.output(session, row.id)
    output = output_of(kept)
    artifacts = output["artifacts"]
    result = {
        "status": row.status,
        **{name: getattr(row, name) for name in OF_RESULT},
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        **{name: output[name] for name in ("items", "truncated", "logs", "outputs")},
        "artifacts_published": artifacts["published"],
        "artifacts_deleted": artifacts["deleted"],
        "error": row.error,
    }
    bodies: list[dict[str, Any]] = []
    if row.started_at is not None:
        bodies.append({"type": "started", "generation": row.generation, "at": row.started_at})
    bodies += [_event_of(item) for item in output["items"]]
    bodies += [{"type": "log", **record} for record in output["logs"]]
    bodies.append({"type": "finished", "result": result})
    at = row.finished_at or row.submitted_at
    return [
        {"id": None, "kernel_id": row.kernel_uid, "execution_id": row.id, "seq": seq, "at": at, **body}
        for seq, body in enumerate(bodies)
    ]


def _live(web: Web, row: Execution) -> Assembly:
    after = history.before(row.started_at or row.submitted_at)
    live = Assembly()
    try:
        return live.take_all(history.of_execution(web.raw, row.kernel_uid, row.id, after))
    except redis.RedisError as error:
        log.warning("execution_id=%s shown as recorded: Redis is away (%s)", row.id, type(error).__name__)
        return Assembly()


def _finished(shown: dict[str, Any], result: ExecutionResult) -> dict[str, Any]:
    data = plain(result)
    shown |= {name: data[name] for name in OF_RESULT}
    shown |= {"status": result.status, "position": 0, "error": data["error"]}
    shown |= {name: moment(data[name]) or shown[name] for name in ("started_at", "finished_at")}
    output = {name: data[name] for name in ("items", "truncated", "logs", "outputs")}
    artifacts = {"published": data["artifacts_published"], "deleted": data["artifacts_deleted"]}
    return whole(shown, {**output, "artifacts": artifacts})


def _event_of(item: dict[str, Any]) -> dict[str, Any]:
    if item.get("kind") == "display":
        shown = {name: item.get(name) for name in ("display_id", "title", "data")}
        return {"type": "display", **shown}
    text = item.get("text") or ""
    if item.get("kind") == "skipped":
        text = f"\n[{text}]\n"
    return {"type": "stream", "name": item.get("name"), "text": text, "skipped_bytes": 0}
