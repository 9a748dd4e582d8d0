"""Runs of flows: begun, seen, cancelled, gone on with, deleted."""

from __future__ import annotations

import time
from dataclasses import asdict

from flask import Response

from broker_config.wire.errors import Conflict, Forbidden, NotFound
from tasks import flow_runs
from tasks.flow_runs import RunOptions, RunRequest
from tasks.flow_runs.versions import VERSIONS
from tasks.ledger import flows, runs
from tasks.ledger.logs import LogSearch, search_logs
from tasks.ledger.models import Run
from tasks.ledger.runs import showing
from tasks.ledger.session import Session
from tasks.waking import wake_run_pages
from web import audit
from web.answers import json_answer, page
from web.api import run_view
from web.api.documents import answers, resource
from web.api.logs import LogLineList, show
from web.api.paths import FlowPath, RunNodePath, RunPath
from web.api.run_bodies import PruneRunsBody, RunBody, RunLogQuery, RunsQuery
from web.api.shapes.runs import NodeAttempts, PruneReport, RunList, RunShape, RunSummary
from web.context import caller, services, web
from web.validation.checked import checked

DAY_S = 86_400.0
MOST_NAMED = 100

api = resource("runs", "Runs of flows: every node in a kernel, each run reaches exactly one end")


@api.post("/flows/<flow_id>/runs", responses=answers(202, RunSummary))
@checked
def start(path: FlowPath, body: RunBody) -> Response:
    """Run a flow. With 202 the run is in the ledger and cannot be lost."""
    options = RunOptions.read(body.options)
    with services().ledger.write() as session:
        flow = flows.visible(session, caller().user, path.flow_id)
        run = None if body.idempotency_key is None else _asked_before(session, flow.id, flow.owner_id, body)
        if run is None:
            request = RunRequest(
                flow_id=flow.id,
                owner_id=flow.owner_id,
                parameters=body.parameters,
                options=options,
                trigger="manual",
                created_by=caller().user.id,
                version=body.version,
            )
            run = flow_runs.make_run(session, request, time.time())
            if body.idempotency_key is not None:
                showing.keep_key(session, run, body.idempotency_key)
            audit.note(session, "run.start", run.id, flow=flow.id, version=run.flow_version)
    return begun(run)


@api.get("/runs", responses=answers(200, RunList))
@checked
def every(query: RunsQuery) -> Response:
    """One's own runs, the newest first."""
    with services().ledger.read() as session:
        rows, after = runs.page(session, caller().user, query.filter(), query.after, query.limit, query.all)
        shown = run_view.summaries(session, web().owners, rows)
    return json_answer({"items": shown, "next": after})


@api.get("/runs/<run_id>", responses=answers(200, RunShape))
@checked
def one(path: RunPath) -> Response:
    """A run with its nodes."""
    with services().ledger.read() as session:
        shown = run_view.whole(session, web().owners, find(session, path.run_id), _is_admin())
    return json_answer(shown)


@api.get("/runs/<run_id>/nodes/<node_id>", responses=answers(200, NodeAttempts))
@checked
def node(path: RunNodePath) -> Response:
    """A node of a run with every attempt at it; errors have their tracebacks here."""
    with services().ledger.read() as session:
        run = find(session, path.run_id)
        found = VERSIONS.get(session, run.flow_id, run.flow_version).nodes.get(path.node_id)
        if found is None:
            raise NotFound(f"the flow of this run had no node {path.node_id!r}")
        shown = run_view.attempts_at(session, run, found, _is_admin())
    return json_answer(shown)


@api.post("/runs/<run_id>/cancel", responses=answers(202, RunSummary))
@checked
def cancel(path: RunPath) -> Response:
    """End a run: what waits does not begin, what runs is interrupted, and killed 10 s later."""
    with services().ledger.read() as session:
        find(session, path.run_id)
    return _shown(flow_runs.cancel_run(services(), path.run_id, audit.actor()))


@api.post("/runs/<run_id>/resume", responses=answers(202, RunSummary))
@checked
def resume(path: RunPath) -> Response:
    """Go on where a run failed, as a new run: what succeeded is taken over."""
    with services().ledger.write() as session:
        old = find(session, path.run_id)
        run = flow_runs.resume_run(session, old, time.time(), caller().user.id)
        audit.note(session, "run.resume", run.id, flow=run.flow_id, resumed=old.id)
    return begun(run)


@api.post("/runs/<run_id>/rerun", responses=answers(202, RunSummary))
@checked
def rerun(path: RunPath) -> Response:
    """The same once more, as a new run: version, parameters and options; nothing from the cache."""
    with services().ledger.write() as session:
        old = find(session, path.run_id)
        run = flow_runs.rerun(session, old, time.time(), caller().user.id)
        audit.note(session, "run.rerun", run.id, flow=run.flow_id, again=old.id)
    return begun(run)


@api.get("/runs/<run_id>/logs", responses=answers(200, LogLineList))
@checked
def logs(path: RunPath, query: RunLogQuery) -> Response:
    """Lines that a run's nodes logged and that have ended, the newest first."""
    with services().ledger.read() as session:
        run = find(session, path.run_id)
        search = LogSearch(node_id=query.node, level=query.level, text=query.q, run_id=run.id)
        rows, after = search_logs(session, caller().user, search, query.after, query.limit)
    return page(rows, after, show)


@api.post("/runs/prune", responses=answers(200, PruneReport))
@checked
def prune(body: PruneRunsBody) -> Response:
    """Delete one's old runs with what only they hold; `dry_run` tells which. Open ones stay."""
    user = caller().user
    if body.all and user.role != "admin":
        raise Forbidden("everybody's runs are an admin's to delete")
    if not body.dry_run:
        with services().ledger.write() as session:
            audit.note(session, "run.prune", "*" if body.all else user.name, **body.model_dump())
    owner_id = None if body.all else user.id
    found = flow_runs.prune_runs(services(), body.older_than_days * DAY_S, body.keep, body.dry_run, owner_id)
    return json_answer({**asdict(found), "runs": len(found.runs), "run_ids": found.runs[:MOST_NAMED]})


def find(session: Session, run_id: str) -> Run:
    """The run that the caller means; ``NotFound`` for somebody else's."""
    return runs.visible(session, caller().user, run_id)


def begun(run: Run) -> Response:
    """The answer about a run that was just made; it is looked at now."""
    flow_runs.wake_run(services(), run.id)
    wake_run_pages(services().redis, run.id, run.owner_id)
    return _shown(run, {"Location": f"/api/v1/runs/{run.id}"})


def _shown(run: Run, headers: dict[str, str] | None = None) -> Response:
    with services().ledger.read() as session:
        shown = run_view.summaries(session, web().owners, [run])[0]
    return json_answer(shown, 202, headers)


def _asked_before(session: Session, flow_id: str, owner_id: int, body: RunBody) -> Run | None:
    found = showing.by_key(session, owner_id, str(body.idempotency_key))
    if found is not None and found.flow_id != flow_id:
        raise Conflict("a run of another flow was asked for under this key", "idempotency_key")
    return found


def _is_admin() -> bool:
    return caller().user.role == "admin"
