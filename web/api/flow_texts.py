"""Flows as files: YAML or JSON, read and written here as on the command line."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from flask import Response
from pydantic import Field

from tasks.ledger import flows
from web import flow_files
from web.answers import json_answer
from web.api.documents import answers, resource
from web.api.flow_bodies import FlowBody, document
from web.api.paths import FlowPath
from web.api.shapes.flows import FlowDocumentShape
from web.context import caller, services
from web.validation.checked import as_model, checked
from web.validation.fields import Strict, Whole

api = resource("flow_texts", "Flows as files, which are data and no more")

MIMES = {"json": "application/json", "yaml": "application/yaml"}
DOCUMENT = {"schema": {"$ref": f"#/components/schemas/{FlowDocumentShape.__name__}"}}
CONTENT: dict[str, object] = {mime: DOCUMENT for mime in MIMES.values()}
UNNAMED = "Untitled flow"


class TextBody(Strict):
    """A file's text."""

    text: str = Field(max_length=flow_files.LARGEST_BYTES, description="What stands in the file")
    format: Literal["json", "yaml"] | None = Field(None, description="Default: by how it begins")


class FileQuery(Strict):
    """As which file."""

    format: Literal["json", "yaml"] = Field("yaml", description="Fields always come in the same order")
    version: Whole | None = Field(None, description="As it was then; default: now")


@api.post("/flows/parse", responses=answers(200, FlowDocumentShape))
@checked
def parse(body: TextBody) -> Response:
    """A file's text as a flow's document, checked; nothing is saved.

    YAML with anchors, tags, a key twice or a second document is refused.
    """
    given = {"name": UNNAMED, **flow_files.read_text(body.text.encode(), body.format)}
    flow = as_model(FlowBody, given)
    return json_answer({"name": flow.name, **document(flow)})


@api.get(
    "/flows/<flow_id>/file",
    responses={200: {"description": "A file, the same for the same version", "content": CONTENT}},
)
@checked
def file(path: FlowPath, query: FileQuery) -> Response:
    """A flow as YAML or JSON, fit for git."""
    with services().ledger.read() as session:
        flow = flows.visible(session, caller().user, path.flow_id)
        found = flows.version(session, flow, query.version or flow.version)
    text = flow_files.text_of({"name": found.name, **found.document}, query.format)
    name = quote(f"{found.name}.{query.format}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-cache"}
    return Response(text, 200, headers, content_type=f"{MIMES[query.format]}; charset=utf-8")
