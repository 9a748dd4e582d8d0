"""The latest outputs of a flow's nodes: tables as Parquet."""

from __future__ import annotations

from flask import Response
from pydantic import Field

from broker_config.wire.errors import Conflict, NotFound
from tasks.ledger import outputs, pages
from tasks.ledger.models import FlowOutput
from web.answers import json_answer
from web.api import flow_places
from web.api.documents import answers, binary, resource
from web.api.downloads import Download, send
from web.api.paths import FlowPath, OutputPath
from web.api.shapes.artifacts import file_name
from web.api.shapes.flows import OutputList, OutputPreview, show_output, show_preview
from web.context import services
from web.validation.checked import checked
from web.validation.fields import NodeId, PageQuery

api = resource("outputs", "What nodes put out last")

PARQUET = "application/vnd.apache.parquet"


class ListQuery(PageQuery):
    """Which outputs."""

    node: NodeId | None = Field(None, description="Only those of this node")


@api.get("/flows/<flow_id>/outputs", responses=answers(200, OutputList))
@checked
def every(path: FlowPath, query: ListQuery) -> Response:
    """Outputs by node and name."""
    with services().ledger.read() as session:
        where = flow_places.find(session, path.flow_id)
        rows = outputs.of_flow(session, where.place.owner_id, where.place.flow_key)
    if query.node is not None:
        rows = [row for row in rows if row.node_id == query.node]
    if query.after is not None:
        last = tuple(pages.decode(query.after, str, str))
        rows = [row for row in rows if (row.node_id, row.name) > last]
    shown, after = pages.cut(rows[: query.limit + 1], query.limit, lambda row: [row.node_id, row.name])
    return json_answer(
        {"items": [show_output(row, where.node_name(row.node_id)) for row in shown], "next": after}
    )


@api.get("/flows/<flow_id>/outputs/<node_id>/<output>/preview", responses=answers(200, OutputPreview))
@checked
def preview(path: OutputPath) -> Response:
    """Its columns, first rows and figures, as its kernel made them."""
    return json_answer(show_preview(_find(path)))


@api.get(
    "/flows/<flow_id>/outputs/<node_id>/<output>/content",
    responses={
        **binary(200, PARQUET, "The Parquet file"),
        **binary(206, PARQUET, "A part of it"),
        **binary(304, PARQUET, "It is what `If-None-Match` says"),
        **binary(416, "application/json", "The range is outside of it"),
    },
)
@checked
def content(path: OutputPath) -> Response:
    """An output's Parquet file, whole or a range."""
    return send(services(), lambda: download(_find(path)))


def _find(path: OutputPath) -> FlowOutput:
    with services().ledger.read() as session:
        place = flow_places.find(session, path.flow_id).place
        found = outputs.with_preview(session, place.owner_id, place.flow_key, path.node_id, path.output)
    if found is None:
        raise NotFound(f"the node {path.node_id!r} has no output {path.output!r}")
    return found


def download(row: FlowOutput) -> Download:
    """An output as it is sent; ``Conflict`` where it is damaged."""
    if row.damaged:
        raise Conflict("this output is damaged: its bytes are not what was published")
    key, name = row.object_key, file_name(f"{row.node_id}-{row.name}", "parquet")
    return Download(
        key, row.size, row.sha256, name, lambda session: outputs.mark_damaged(session, key), PARQUET
    )
