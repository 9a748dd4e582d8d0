"""Local artifacts of a flow, as its cells see them; and those of all of one's flows together."""

from __future__ import annotations

import time
from typing import Annotated

from flask import Response
from pydantic import AfterValidator, Field

from broker_config.wire import names
from broker_config.wire.errors import Conflict
from tasks.ledger import artifacts, kernels
from tasks.ledger.models import Artifact
from web import audit
from web.answers import json_answer
from web.api import artifact_view, flow_places, previews
from web.api.displays import HTML
from web.api.documents import answers, binary, resource
from web.api.downloads import BINARY, Download, send
from web.api.flow_places import Where
from web.api.paths import FlowPath, LocalArtifactPath
from web.api.shapes.artifacts import (
    ArtifactLineage,
    ArtifactList,
    ArtifactShape,
    OwnArtifactList,
    PreviewShape,
    file_name,
    show_artifact,
)
from web.context import caller, services
from web.validation.checked import checked
from web.validation.fields import KernelId, NodeId, PageQuery

api = resource("artifacts", "What a flow's cells and nodes published for the same flow")


class ListQuery(PageQuery):
    """Which artifacts."""

    node: NodeId | None = Field(None, description="Only those that this node owns")


def _place(value: str) -> str:
    if not (names.FLOW_ID.fullmatch(value) or (value[:1] == "~" and names.UID.fullmatch(value[1:]))):
        raise ValueError("is the id of a flow, or `~` and a kernel's uid")
    return value


class EveryQuery(PageQuery):
    """Which artifacts; all of these hold."""

    q: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Is in the name or the type, whatever its case"
    )
    flow: Annotated[str, Field(max_length=64), AfterValidator(_place)] | None = Field(
        None, description="Only of this flow; `~` and a kernel's uid: of the cells there without a flow"
    )
    kernel: KernelId | None = Field(None, description="Only what this kernel published")


@api.get("/artifacts", responses=answers(200, OwnArtifactList))
@checked
def of_all(query: EveryQuery) -> Response:
    """Artifacts of all of one's flows, notebooks and loose cells, as cells see them; the newest first."""
    user = caller().user
    with services().ledger.read() as session:
        uid = None if query.kernel is None else kernels.visible(session, user, query.kernel).uid
        search = artifacts.Search(query.q, query.flow, uid)
        rows, after = artifacts.everywhere(session, user.id, search, query.after, query.limit)
        shown = artifact_view.show_own(session, rows)
    return json_answer({"items": shown, "next": after})


@api.get("/flows/<flow_id>/artifacts/<artifact>/lineage", responses=answers(200, ArtifactLineage))
@checked
def lineage(path: LocalArtifactPath) -> Response:
    """Who made it and from what, and what came of it."""
    with services().ledger.read() as session:
        row = artifacts.find(session, flow_places.find(session, path.flow_id).place, path.artifact)
        return json_answer(artifact_view.lineage(session, row))


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
