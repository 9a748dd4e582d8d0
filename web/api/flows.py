"""Flows: saved, loaded, in versions."""

from __future__ import annotations

import time

from flask import Response

from tasks.flow_documents.schema import SCHEMA
from tasks.ledger import flow_overviews, flows
from tasks.ledger.models import Flow
from tasks.ledger.session import Session
from web import audit
from web.answers import json_answer, page
from web.api.documents import answers, resource
from web.api.flow_bodies import FlowBody, FlowChange, ListQuery, document
from web.api.paths import FlowPath, FlowVersionPath
from web.api.saving import base, expected, tag
from web.api.shapes.flows import FlowList, FlowShape, FlowVersionList, show, show_version, summary
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import PageQuery

api = resource("flows", "Nodes and connections; every save is a version")


@api.get("/flows", responses=answers(200, FlowList))
@checked
def every(query: ListQuery) -> Response:
    """One's own flows, the oldest first, each with its last run and next slot."""
    with services().ledger.read() as session:
        rows, after = flows.page(session, caller().user, query.after, query.limit, query.all)
        overviews = flow_overviews.of(session, rows)
    return page(rows, after, lambda flow: summary(web(), flow, overviews[flow.id]))


@api.post("/flows", responses=answers(201, FlowShape))
@checked
def create(body: FlowBody) -> Response:
    """Save a new flow, as its version 1."""
    checked_document = document(body)
    with services().ledger.write() as session:
        flow = flows.create(session, caller().user, body.name, checked_document, time.time())
        version = flows.newest(session, flow)
        audit.note(session, "flow.create", flow.id, name=flow.name)
    return json_answer(
        show(web(), flow, version), 201, {"Location": f"/api/v1/flows/{flow.id}", **tag(flow.version)}
    )


@api.get("/flows/<flow_id>", responses=answers(200, FlowShape))
@checked
def one(path: FlowPath) -> Response:
    """A flow as it is now. Its `ETag` is what `If-Match` of a change says."""
    with services().ledger.read() as session:
        flow = _find(session, path.flow_id)
        version = flows.newest(session, flow)
    return json_answer(show(web(), flow, version), headers=tag(flow.version))


@api.put("/flows/<flow_id>", responses=answers(200, FlowShape))
@checked
def save(path: FlowPath, body: FlowChange) -> Response:
    """Save a flow as one more version.

    `If-Match` (its `ETag`, or `*`), or `version` in the body, says what was changed; 409: it was saved since.
    """
    checked_document = document(body)
    with services().ledger.write() as session:
        flow = _find(session, path.flow_id)
        made_from = base("flow", flow.version, body.version)
        flow = flows.save(session, caller().user, flow, body.name, checked_document, made_from, time.time())
        version = flows.newest(session, flow)
        audit.note(session, "flow.save", flow.id, version=flow.version)
    return json_answer(show(web(), flow, version), headers=tag(flow.version))


@api.delete("/flows/<flow_id>", responses=answers(204, None))
@checked
def delete(path: FlowPath) -> Response:
    """Delete a flow with its outputs and local artifacts; what it published in the catalog stays."""
    with services().ledger.write() as session:
        flow = _find(session, path.flow_id)
        expected("flow", flow.version)
        flows.delete(session, flow, time.time())
        audit.note(session, "flow.delete", flow.id, name=flow.name)
    return Response(status=204)


@api.get("/flows/<flow_id>/versions", responses=answers(200, FlowVersionList))
@checked
def versions(path: FlowPath, query: PageQuery) -> Response:
    """Its saves, the newest first."""
    with services().ledger.read() as session:
        flow = _find(session, path.flow_id)
        rows, after = flows.versions(session, flow, query.after, query.limit)
    return page(rows, after, lambda version: show_version(web(), version))


@api.get("/flows/<flow_id>/versions/<version>", responses=answers(200, FlowShape))
@checked
def version(path: FlowVersionPath) -> Response:
    """A flow as it was at one save."""
    with services().ledger.read() as session:
        flow = _find(session, path.flow_id)
        found = flows.version(session, flow, path.version)
    return json_answer(show(web(), flow, found), headers=tag(found.version))


@api.get("/flow-schema.json", responses={200: {"description": "A JSON Schema"}})
@checked
def schema() -> Response:
    """The JSON Schema of a flow's document and of its files. Circles and the like it cannot say."""
    return json_answer(SCHEMA, headers={"Cache-Control": "no-cache"})


def _find(session: Session, flow_id: str) -> Flow:
    return flows.visible(session, caller().user, flow_id)
