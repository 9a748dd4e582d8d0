"""Schedules of flows: made, changed, paused, fired by hand."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from flask import Response

from broker_config.wire.errors import BadField
from tasks.flow_runs import wake_run
from tasks.ledger import fires, flows, schedules
from tasks.ledger.models import Schedule
from tasks.ledger.runs import showing
from tasks.ledger.session import Session
from tasks.schedules import editing
from tasks.schedules.drafts import check_fires, draft_of, shaped
from tasks.schedules.rows import when_of
from tasks.schedules.specs import When, next_slot
from tasks.schedules.words import words
from web import audit
from web.answers import json_answer
from web.api import run_view
from web.api.documents import answers, resource
from web.api.paths import FlowPath, SchedulePath
from web.api.schedule_bodies import (
    MOST_NEXT,
    NextQuery,
    ScheduleBody,
    ScheduleChange,
    SchedulesQuery,
    changed,
    draft_from,
)
from web.api.shapes.runs import RunSummary
from web.api.shapes.schedules import (
    FireList,
    NextList,
    ScheduleList,
    SchedulePreviewShape,
    ScheduleShape,
    show,
    show_fire,
    show_next,
)
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import PageQuery

PREVIEWED = 5

api = resource("schedules", "When flows run by themselves: each slot is claimed once")


@api.get("/schedules", responses=answers(200, ScheduleList))
@checked
def every(query: SchedulesQuery) -> Response:
    """One's own schedules, the oldest first."""
    with services().ledger.read() as session:
        rows, after = schedules.page(session, caller().user, query.after, query.limit, all=query.all)
        shown = _shapes(session, rows)
    return json_answer({"items": shown, "next": after})


@api.get("/flows/<flow_id>/schedules", responses=answers(200, ScheduleList))
@checked
def of_flow(path: FlowPath, query: PageQuery) -> Response:
    """A flow's schedules, the oldest first."""
    with services().ledger.read() as session:
        flow = flows.visible(session, caller().user, path.flow_id)
        rows, after = schedules.page(session, caller().user, query.after, query.limit, flow_id=flow.id)
        shown = _shapes(session, rows)
    return json_answer({"items": shown, "next": after})


@api.post("/flows/<flow_id>/schedules", responses=answers(201, ScheduleShape))
@checked
def create(path: FlowPath, body: ScheduleBody) -> Response:
    """Make a schedule. What happened before does not make it fire."""
    draft = draft_from(body)
    with services().ledger.write() as session:
        flow = flows.visible(session, caller().user, path.flow_id)
        row = editing.create(session, caller().user, flow, draft, body.paused, time.time())
        audit.note(session, "schedule.create", row.id, flow=flow.id, name=row.name)
        shown = _shapes(session, [row])[0]
    return json_answer(shown, 201, {"Location": f"/api/v1/schedules/{row.id}"})


@api.post("/schedules/preview", responses=answers(200, SchedulePreviewShape))
@checked
def preview(body: ScheduleBody) -> Response:
    """What a schedule would do: in words, and its next slots. Nothing is saved."""
    now = time.time()
    draft = shaped(draft_from(body))
    check_fires(draft, now, now)
    when = draft.when(now)
    with services().ledger.read() as session:
        source = str(draft.spec.get("flow_id", ""))
        named = "" if not source else flows.visible(session, caller().user, source).name
    return json_answer({"words": words(when, named), "items": _next(when, now, PREVIEWED)})


@api.get("/schedules/<schedule_id>", responses=answers(200, ScheduleShape))
@checked
def one(path: SchedulePath) -> Response:
    """A schedule as it is now."""
    with services().ledger.read() as session:
        shown = _shapes(session, [_find(session, path)])[0]
    return json_answer(shown)


@api.patch("/schedules/<schedule_id>", responses=answers(200, ScheduleShape))
@checked
def change(path: SchedulePath, body: ScheduleChange) -> Response:
    """Change, pause or resume a schedule; slots that passed in a pause are not made up for."""
    with services().ledger.write() as session:
        row = _find(session, path)
        draft = changed(draft_of(row), body)
        paused = row.paused if body.paused is None else body.paused
        row = editing.change(session, row, draft, paused, time.time())
        audit.note(session, "schedule.change", row.id, fields=sorted(body.model_fields_set))
        shown = _shapes(session, [row])[0]
    return json_answer(shown)


@api.delete("/schedules/<schedule_id>", responses=answers(204, None))
@checked
def delete(path: SchedulePath) -> Response:
    """Delete a schedule: its run goes on, runs that wait for it are cancelled."""
    with services().ledger.write() as session:
        row = _find(session, path)
        wake = editing.delete(session, row, time.time())
        audit.note(session, "schedule.delete", row.id, flow=row.flow_id, name=row.name)
    _wake(wake)
    return Response(status=204)


@api.get("/schedules/<schedule_id>/next", responses=answers(200, NextList))
@checked
def upcoming(path: SchedulePath, query: NextQuery) -> Response:
    """The next slots, as if it were not paused."""
    if not 1 <= query.count <= MOST_NEXT:
        raise BadField(f"is from 1 to {MOST_NEXT}", "count")
    with services().ledger.read() as session:
        row = _find(session, path)
    return json_answer({"items": _next(when_of(row), time.time(), query.count)})


@api.post("/schedules/<schedule_id>/trigger", responses=answers(202, RunSummary))
@checked
def trigger(path: SchedulePath) -> Response:
    """Run it now with what it runs with, whatever its time is and also while it is paused."""
    with services().ledger.write() as session:
        row = _find(session, path)
        run, wake = editing.trigger(session, row, caller().user, time.time())
        audit.note(session, "schedule.trigger", row.id, run=run.id)
    _wake(wake)
    with services().ledger.read() as session:
        shown = run_view.summaries(session, web().owners, [run])[0]
    return json_answer(shown, 202, {"Location": f"/api/v1/runs/{run.id}"})


@api.get("/schedules/<schedule_id>/fires", responses=answers(200, FireList))
@checked
def fired(path: SchedulePath, query: PageQuery) -> Response:
    """What became of its slots, the newest first."""
    with services().ledger.read() as session:
        row = _find(session, path)
        rows, after = fires.page(session, row.id, query.after, query.limit)
        states = _states(session, rows)
    return json_answer({"items": [show_fire(one, states) for one in rows], "next": after})


def _find(session: Session, path: SchedulePath) -> Schedule:
    return schedules.visible(session, caller().user, path.schedule_id)


def _shapes(session: Session, rows: Sequence[Schedule]) -> list[dict[str, Any]]:
    named = schedules.flow_names(
        session, {row.flow_id for row in rows} | {row.source_flow_id for row in rows if row.source_flow_id}
    )
    last = fires.last_fires(session, [row.id for row in rows])
    states = _states(session, list(last.values()))
    owners = web().owners
    return [
        show(
            row,
            named,
            show_fire(last[row.id], states) if row.id in last else None,
            owners.name(row.owner_id),
        )
        for row in rows
    ]


def _states(session: Session, rows: Sequence[Any]) -> dict[str, str]:
    found = showing.many(session, {one.run_id for one in rows if one.run_id})
    return {run_id: run.state for run_id, run in found.items()}


def _next(when: When, now: float, count: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    slot = next_slot(when, now)
    while slot is not None and len(items) < count:
        items.append(show_next(slot, when.timezone))
        slot = next_slot(when, slot)
    return items


def _wake(run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        wake_run(services(), run_id)
