"""What nodes put out in one run: tables as Parquet, and what can be seen of them."""

from __future__ import annotations

from flask import Response

from broker_config.wire.errors import NotFound
from tasks.flow_runs import run_key
from tasks.ledger import outputs
from tasks.ledger.models import FlowOutput
from web.answers import json_answer
from web.api.documents import answers, binary, resource
from web.api.downloads import send
from web.api.outputs import PARQUET, download
from web.api.paths import RunOutputPath
from web.api.runs import find
from web.api.shapes.flows import OutputPreview, show_preview
from web.context import services
from web.validation.checked import checked

api = resource("run_outputs", "What nodes put out in one run")


@api.get("/runs/<run_id>/outputs/<node_id>/<output>/preview", responses=answers(200, OutputPreview))
@checked
def preview(path: RunOutputPath) -> Response:
    """Its columns and how many rows it has; its first rows where its kernel made a preview."""
    return json_answer(show_preview(_find(path)))


@api.get(
    "/runs/<run_id>/outputs/<node_id>/<output>/content",
    responses={
        **binary(200, PARQUET, "The Parquet file"),
        **binary(206, PARQUET, "A part of it"),
        **binary(304, PARQUET, "It is what `If-None-Match` says"),
        **binary(416, "application/json", "The range is outside of it"),
    },
)
@checked
def content(path: RunOutputPath) -> Response:
    """An output's Parquet file as this run made it, whole or a range."""
    return send(services(), lambda: download(_find(path)))


def _find(path: RunOutputPath) -> FlowOutput:
    with services().ledger.read() as session:
        run = find(session, path.run_id)
        found = outputs.with_preview(session, run.owner_id, run_key(run.id), path.node_id, path.output)
    if found is None:
        raise NotFound(f"the node {path.node_id!r} has no output {path.output!r} in this run")
    return found
