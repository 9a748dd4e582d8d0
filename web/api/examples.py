"""The example, for who has nothing yet: its tables, kernels and flow, and a run of it, by one request."""

from __future__ import annotations

import time
from pathlib import Path

from flask import Response

from broker_config.wire.errors import NotAvailable, NotFound
from broker_config.wire.states import DesiredState
from tasks import flow_runs
from tasks.asking import wish
from tasks.flow_runs import RunOptions, RunRequest
from tasks.kernels.broker import wake
from tasks.ledger import files, flows, kernels
from tasks.ledger.models import Flow, Run
from tasks.ledger.session import Session
from tasks.objects.keys import owner_file
from web import audit, flights
from web.answers import json_answer
from web.api.documents import answers, resource
from web.api.flow_bodies import FlowBody, document
from web.api.kernel_bodies import NewKernelBody
from web.api.kernels import insert
from web.api.locking import Locked
from web.api.runs import begun
from web.api.shapes.runs import RunSummary
from web.api.uploads import Upload
from web.commands.flow_files import read
from web.context import caller, services, web
from web.validation.checked import as_model, checked
from web.validation.fields import Shape

api = resource("examples", "Something to begin with")

MOST_FLOWS = 200


class ExamplesShape(Shape):
    """Which examples this installation has."""

    late_flights: bool


@api.get("/examples", responses=answers(200, ExamplesShape))
@checked
def every() -> Response:
    """Which examples there are: they are part of a checkout, not of an image."""
    return json_answer({"late_flights": flights.is_here()})


@api.post("/examples/late-flights", responses=answers(202, RunSummary))
@checked
def late_flights() -> Response:
    """Make the example "late flights", or what of it is missing, and run it: real flights, a model, a chart.

    Its tables come into one's shared files below `flights/`; its kernels are `flights` and `models`.
    """
    with flights.made_ready(services().settings) as data:
        if data is None:
            raise NotAvailable("the example is part of a checkout of Husk, and this is none")
        for path in data.files():
            _share(path)
    body = as_model(FlowBody, read(flights.FLOW))
    runtime = str(web().facts.get(services())["runtime"])
    with services().ledger.write() as session:
        made = _kernels(session, runtime)
        flow = _flow(session, body)
        run = _run(session, flow)
        audit.note(session, "example.create", flow.id, run=run.id, kernels=sorted(made.values()))
    for uid in made:
        wish(services(), uid, DesiredState.RUNNING)
        wake(services().redis, uid)
    return begun(run)


def _share(path: Path) -> None:
    """A table among the caller's shared files; the same once more makes no version."""
    owner_id, name = caller().user.id, f"{flights.SHARED}{path.name}"
    with services().ledger.read() as session:
        there = files.latest(session, owner_id, name)
    if there is not None and there.object_key is not None and there.size == path.stat().st_size:
        return
    key = owner_file(owner_id)
    with Upload(services().store, key).kept_only_if_recorded(), path.open("rb") as file:
        stored = services().store.put_stream(key, file, path.stat().st_size)
        with services().ledger.write() as session:
            version = files.NewVersion(owner_id, name, key, stored.size, stored.sha256)
            files.add_version(session, version, time.time())


def _kernels(session: Session, runtime: str) -> dict[str, str]:
    """Uid → id of each of its kernels; what is there already stays as it is."""
    found: dict[str, str] = {}
    for slug, name in flights.KERNELS.items():
        try:
            kernel = kernels.visible(session, caller().user, slug)
        except NotFound:
            kernel = insert(session, _body(slug, name), runtime, Locked(None, False, "none"))
        found[kernel.uid] = slug
    return found


def _body(slug: str, name: str) -> NewKernelBody:
    return as_model(NewKernelBody, {"id": slug, "name": name})


def _flow(session: Session, body: FlowBody) -> Flow:
    rows, _ = flows.page(session, caller().user, None, MOST_FLOWS)
    there = next((row for row in rows if row.name == body.name), None)
    if there is not None:
        return there
    return flows.create(session, caller().user, body.name, document(body), time.time())


def _run(session: Session, flow: Flow) -> Run:
    wanted = RunRequest(
        flow_id=flow.id,
        owner_id=flow.owner_id,
        parameters={},
        options=RunOptions(),
        trigger="manual",
        created_by=caller().user.id,
        version=None,
    )
    return flow_runs.make_run(session, wanted, time.time())
