"""Local artifacts of a flow, as its cells see them."""

from __future__ import annotations

import time

from flask import Response
from pydantic import Field

from broker_config.wire.errors import Conflict
from tasks.ledger import artifacts
from tasks.ledger.models import Artifact
from web import audit
from web.answers import json_answer
from web.api import flow_places, previews
from web.api.displays import HTML
from web.api.documents import answers, binary, resource
from web.api.downloads import BINARY, Download, send
from web.api.flow_places import Where
from web.api.paths import FlowPath, LocalArtifactPath
from web.api.shapes.artifacts import ArtifactList, ArtifactShape, PreviewShape, file_name, show_artifact
from web.context import services
from web.validation.checked import checked
from web.validation.fields import NodeId, PageQuery

api = resource("artifacts", "What a flow's cells and nodes published for the same flow")


class ListQuery(PageQuery):
    """Which artifacts."""

    node: NodeId | None = Field(None, description="Only those that this node owns")


@api.get("/flows/<flow_id>/artifacts", responses=answers(200, ArtifactList))
@checked
def every(path: FlowPath, query: ListQuery) -> Response:
    """Artifacts by name: those of the latest runs, with what cells published or deleted on top."""
    with services().ledger.read() as session:
        where = flow_places.find(session, path.flow_id)
        rows, after = artifacts.page(session, where.place, query.after, query.limit, query.node)
    shown = [show_artifact(row, where.node_name(row.node_id)) for row in rows]
    return json_answer({"items": shown, "next": after})


@api.get("/flows/<flow_id>/artifacts/<artifact>", responses=answers(200, ArtifactShape))
@checked
def one(path: LocalArtifactPath) -> Response:
    """One artifact."""
    where, row = _find(path)
    return json_answer(show_artifact(row, where.node_name(row.node_id)))


@api.delete("/flows/<flow_id>/artifacts/<artifact>", responses=answers(204, None))
@checked
def delete(path: LocalArtifactPath) -> Response:
    """Delete an artifact: neither cells nor runs see it any more, and any node may publish its name."""
    with services().ledger.write() as session:
        where = flow_places.find(session, path.flow_id)
        artifacts.delete(session, where.place, path.artifact, time.time())
        audit.note(session, "artifact.delete", path.artifact, flow=path.flow_id)
    return Response(status=204)


@api.get("/flows/<flow_id>/artifacts/<artifact>/preview", responses=answers(200, PreviewShape))
@checked
def preview(path: LocalArtifactPath) -> Response:
    """What can be seen of it without loading it."""
    return previews.whole(_find(path)[1].preview)


@api.get(
    "/flows/<flow_id>/artifacts/<artifact>/preview/html",
    responses=binary(200, HTML, "The HTML of its preview, with a policy that lets it reach nothing"),
)
@checked
def preview_html(path: LocalArtifactPath) -> Response:
    """The HTML of its preview; only for an iframe with `sandbox`."""
    return previews.html(_find(path)[1].preview)


@api.get(
    "/flows/<flow_id>/artifacts/<artifact>/content",
    responses={
        **binary(200, BINARY, "The bytes"),
        **binary(206, BINARY, "A part of them"),
        **binary(304, BINARY, "They are what `If-None-Match` says"),
        **binary(416, "application/json", "The range is outside"),
    },
)
@checked
def content(path: LocalArtifactPath) -> Response:
    """Its bytes as they are stored, whole or a range. Loading them runs code of who made them."""
    return send(services(), lambda: _download(_find(path)[1]))


def _download(row: Artifact) -> Download:
    if row.damaged:
        raise Conflict("this artifact is damaged: its bytes are not what was published")
    key, name = str(row.object_key), file_name(row.name, row.format)
    return Download(key, row.size, row.sha256, name, lambda session: artifacts.mark_damaged(session, row.id))


def _find(path: LocalArtifactPath) -> tuple[Where, Artifact]:
    with services().ledger.read() as session:
        where = flow_places.find(session, path.flow_id)
        return where, artifacts.find(session, where.place, path.artifact)
