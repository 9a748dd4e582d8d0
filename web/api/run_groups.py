"""Many runs of a flow asked for at once: one for each combination of parameters' values."""

from __future__ import annotations

import time
from typing import Any

from flask import Response

from broker_config.wire import names
from tasks import flow_runs
from tasks.flow_runs import RunOptions, RunRequest
from tasks.ledger import flows, runs
from tasks.ledger.models import Run, RunGroup
from tasks.ledger.runs import showing
from tasks.ledger.session import Session
from web import audit
from web.answers import json_answer
from web.api import run_view
from web.api.documents import answers, resource
from web.api.paths import FlowPath, RunGroupPath
from web.api.run_bodies import MatrixBody
from web.api.shapes.basic import moment
from web.api.shapes.runs import RunGroupShape
from web.context import caller, services, web
from web.validation.checked import checked

APART_S = 1e-6

api = resource("run_groups", "Runs that were asked for together")


@api.post("/flows/<flow_id>/matrix", responses=answers(202, RunGroupShape))
@checked
def start(path: FlowPath, body: MatrixBody) -> Response:
    """Run a flow for every combination of these values: all of the runs are made, or none."""
    options, combinations = RunOptions.read(body.options), body.combinations()
    group_id, now = names.new_uid(), time.time()
    with services().ledger.write() as session:
        flow = flows.visible(session, caller().user, path.flow_id)
        number = len(combinations)
        group = showing.add_group(session, group_id, flow.owner_id, flow.id, body.matrix, number, now)
        made = []
        for n, parameters in enumerate(combinations):
            request = RunRequest(
                flow_id=flow.id,
                owner_id=flow.owner_id,
                parameters=parameters,
                options=options,
                trigger="manual",
                created_by=caller().user.id,
                version=body.version,
                group_id=group_id,
            )
            # A moment apart: they are listed in this order.
            made.append(flow_runs.make_run(session, request, now + n * APART_S))
        audit.note(session, "run.start_many", group_id, flow=flow.id, runs=number)
        shown = _show(session, group, made)
    for run in made:
        flow_runs.wake_run(services(), run.id)
    return json_answer(shown, 202, {"Location": f"/api/v1/run-groups/{group_id}"})


@api.get("/run-groups/<group_id>", responses=answers(200, RunGroupShape))
@checked
def one(path: RunGroupPath) -> Response:
    """The runs of a group, in the order in which they were made."""
    with services().ledger.read() as session:
        group = runs.visible_group(session, caller().user, path.group_id)
        shown = _show(session, group, showing.of_group(session, group.id))
    return json_answer(shown)


def _show(session: Session, group: RunGroup, rows: list[Run]) -> dict[str, Any]:
    named = showing.flow_names(session, [group.flow_id])
    return {
        "id": group.id,
        "group_id": group.id,
        "flow_id": group.flow_id,
        "flow_name": named.get(group.flow_id, ""),
        "matrix": group.matrix,
        "created_at": moment(group.created_at),
        "states": run_view.states(rows),
        "runs": run_view.summaries(session, web().owners, rows),
    }
