"""Runs and their nodes as people see them, read together for all that is shown at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.states import NODE_RUN_TERMINAL, NodeRunState
from tasks.flow_runs import RunOptions, run_key
from tasks.flow_runs.versions import VERSIONS, Version
from tasks.ledger import artifacts, outputs, runs
from tasks.ledger.models import FlowOutput, NodeRun, Run
from tasks.ledger.runs import showing
from tasks.ledger.runs.showing import Figures
from tasks.ledger.session import Session
from web.api.shapes.basic import moment
from web.flower_door import PREFIX
from web.owners import Owners

STATES = tuple(NodeRunState)
HAS_RESULTS = frozenset({NodeRunState.SUCCEEDED, NodeRunState.CACHED})


@dataclass(slots=True)
class Facts:
    """What stands beside the attempts at some nodes of one run."""

    figures: Mapping[str, Figures] = field(default_factory=dict)
    sources: Mapping[int, str] = field(default_factory=dict)
    outputs: Mapping[str, Sequence[FlowOutput]] = field(default_factory=dict)
    artifacts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tracebacks: Mapping[str, list[str]] = field(default_factory=dict)


def summaries(s: Session, owners: Owners, rows: Sequence[Run]) -> list[dict[str, Any]]:
    """Runs as ``RunSummary``."""
    named = showing.flow_names(s, {row.flow_id for row in rows})
    counted = runs.counts(s, [row.id for row in rows])
    return [_summary(row, named.get(row.flow_id, ""), owners, counted.get(row.id, {})) for row in rows]


def whole(s: Session, owners: Owners, run: Run, admin: bool) -> dict[str, Any]:
    """A run as ``RunShape``."""
    version = VERSIONS.get(s, run.flow_id, run.flow_version)
    rows = runs.node_rows(s, run.id)
    locks = {row.kernel_uid: row.lock_digest for row in rows if row.kernel_uid is not None}
    return {
        **summaries(s, owners, [run])[0],
        "nodes": nodes(s, run, version, list(version.nodes), rows, admin),
        "connections": list(version.document["connections"]),
        "locks": locks,
    }


def nodes(
    s: Session, run: Run, version: Version, wanted: Sequence[str], rows: Sequence[NodeRun], admin: bool
) -> list[dict[str, Any]]:
    """These nodes as ``NodeRunShape``; ``rows``: all attempts at them, by attempt."""
    attempts: defaultdict[str, list[NodeRun]] = defaultdict(list)
    for row in rows:
        attempts[row.node_id].append(row)
    facts = _facts(s, run, [tried[-1] for tried in attempts.values()])
    return [
        node_shape(version.nodes[node_id], run, attempts.get(node_id, []), facts, admin)
        for node_id in wanted
        if node_id in version.nodes
    ]


def attempts_at(s: Session, run: Run, node: Mapping[str, Any], admin: bool) -> dict[str, Any]:
    """A node as ``NodeAttempts``."""
    rows = runs.node_rows(s, run.id, node["id"])
    facts = _facts(s, run, rows)
    facts.tracebacks = showing.tracebacks(s, {row.execution_id for row in rows if row.execution_id})
    return {
        "node": node_shape(node, run, rows, facts, admin),
        "attempts": [node_shape(node, run, [row], facts, admin) for row in rows],
    }


def node_shape(
    node: Mapping[str, Any], run: Run, tried: Sequence[NodeRun], facts: Facts, admin: bool
) -> dict[str, Any]:
    """A ``NodeRunShape`` by the last of these attempts."""
    head = {"node_id": node["id"], "name": node["name"], "type": node["type"], "attempts": len(tried)}
    if not tried:
        return {**_NOTHING, **head, "kernel_id": run.kernels.get(node["id"])}
    row = tried[-1]
    took = facts.figures.get(row.execution_id or "")
    has = NodeRunState(row.state) in HAS_RESULTS
    source = None if row.cached_from is None else facts.sources.get(row.cached_from)
    return {
        **head,
        **{name: getattr(row, name) for name in _PLAIN},
        "kernel_id": row.kernel_uid or run.kernels.get(row.node_id),
        "task_id": row.execution_id,
        "task_url": f"/{PREFIX}/task/{row.execution_id}" if admin and row.execution_id else None,
        **_times(row),
        "cpu_s": None if took is None else took.cpu_s,
        "memory_peak_bytes": None if took is None else took.memory_peak_bytes,
        "error": _error(row, facts),
        "cached_from": None if source is None else {"run_id": source},
        "outputs": [output_shape(one) for one in facts.outputs.get(row.node_id, ())] if has else [],
        "artifacts": list(facts.artifacts.get(row.node_id, ())) if has else [],
    }


def output_shape(row: FlowOutput) -> dict[str, Any]:
    """A ``NodeOutputShape``."""
    return {
        name: getattr(row, name) for name in ("name", "rows", "size", "columns", "passed_through", "damaged")
    }


def _summary(run: Run, flow_name: str, owners: Owners, counted: Mapping[str, int]) -> dict[str, Any]:
    counts = {state.value: counted.get(state.value, 0) for state in STATES}
    # Whoever has no attempt yet is pending.
    counts["pending"] += max(0, len(run.kernels) - sum(counted.values()))
    plain = ("id", "flow_id", "flow_version", "state", "trigger", "group_id", "resumed_from", "schedule_id")
    times = ("nominal_at", "created_at", "started_at", "finished_at", "cancel_requested_at")
    return {
        **{name: getattr(run, name) for name in (*plain, "parameters")},
        **{name: moment(getattr(run, name)) for name in times},
        "flow_name": flow_name,
        "owner": owners.name(run.owner_id),
        "options": RunOptions.read(run.options).plain(),
        "error": None
        if run.error is None
        else {name: str(run.error.get(name, "")) for name in ("type", "message")},
        "counts": counts,
    }


def _facts(s: Session, run: Run, rows: Collection[NodeRun]) -> Facts:
    wanted = {row.node_id for row in rows}
    done = {row.node_id for row in rows if NodeRunState(row.state) in HAS_RESULTS}
    put_out: defaultdict[str, list[FlowOutput]] = defaultdict(list)
    published: defaultdict[str, list[str]] = defaultdict(list)
    if done:
        for output in outputs.of_flow(s, run.owner_id, run_key(run.id)):
            put_out[output.node_id].append(output)
        for artifact in artifacts.of_run(s, run.owner_id, run.id):
            if artifact.node_id in wanted:
                published[artifact.node_id].append(artifact.name)
    return Facts(
        showing.figures(s, {row.execution_id for row in rows if row.execution_id}),
        showing.runs_of(s, {row.cached_from for row in rows if row.cached_from is not None}),
        put_out,
        published,
    )


def _times(row: NodeRun) -> dict[str, Any]:
    begun = row.started_at if row.started_at is not None else row.finished_at
    ran = row.started_at is not None and row.finished_at is not None
    has_ended = NodeRunState(row.state) in NODE_RUN_TERMINAL
    return {
        **{name: moment(getattr(row, name)) for name in ("created_at", "started_at", "finished_at")},
        "queued_s": None if begun is None else max(0.0, begun - row.created_at),
        "run_s": max(0.0, row.finished_at - row.started_at) if ran and has_ended else None,  # type: ignore[operator]
    }


def _error(row: NodeRun, facts: Facts) -> dict[str, Any] | None:
    if row.error is None:
        return None
    return {
        "type": str(row.error.get("type", "")),
        "message": str(row.error.get("message", "")),
        "line": row.error.get("line"),
        "traceback": facts.tracebacks.get(row.execution_id or ""),
    }


_PLAIN = (*("state", "attempt", "execution_id", "rows_in", "rows_out", "reason", "lock_digest"),)
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(
        (
            *("execution_id", "task_id", "task_url", "queued_s", "run_s", "created_at", "started_at"),
            *("finished_at", "cpu_s", "memory_peak_bytes", "rows_in", "rows_out", "reason", "error"),
            *("cached_from", "lock_digest"),
        )
    ),
    **{"state": NodeRunState.PENDING.value, "attempt": 0, "outputs": [], "artifacts": []},
}


def states(rows: Collection[Run]) -> dict[str, int]:
    """How many of these runs are in which state."""
    return dict(Counter(row.state for row in rows))
