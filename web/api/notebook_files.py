"""Notebooks out of Jupyter's files and into them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import quote

from flask import Response

from broker_config.wire.errors import NotFound
from tasks.ledger import flows, notebooks
from tasks.ledger.notebooks import Document, NewCell
from web import audit, ipynb
from web.answers import json_answer
from web.api.cell_outputs import with_outputs
from web.api.documents import answers, resource
from web.api.notebook_bodies import NotebookFile, NotebookImportQuery, kernel_uid
from web.api.notebooks import find, made, shown_at
from web.api.paths import FlowNodePath, NotebookPath
from web.api.shapes.notebooks import NotebookFileShape, NotebookShape
from web.context import caller, services
from web.validation.checked import checked

api = resource("notebook_files", "Notebooks as files of Jupyter's")

UNTITLED = "Untitled"
AS_READ = "as imported"
"""The label of what came from a file: the saves after it do not take its place."""


@api.post("/notebooks/import", responses=answers(201, NotebookShape))
@checked
def read(query: NotebookImportQuery, body: NotebookFile) -> Response:
    """Make a notebook of an `.ipynb` file of format 3 or 4, which is the body; outputs are kept."""
    file = ipynb.read(body.whole())
    cells = [NewCell(one.id, one.kind, one.source, notebooks.kept(one.outputs)) for one in file.cells]
    with services().ledger.write() as session:
        name = query.name or file.title or UNTITLED
        new = Document(name, kernel_uid(session, query.kernel), cells, AS_READ)
        notebook = notebooks.create(session, caller().user, new, time.time())
        audit.note(session, "notebook.import", notebook.id, name=notebook.name)
        shown = shown_at(session, notebook, notebooks.version(session, notebook))
    return made(shown)


@api.get("/notebooks/<notebook_id>/ipynb", responses=answers(200, NotebookFileShape))
@checked
def write(path: NotebookPath) -> Response:
    """A notebook as a file of format 4.5, with what its cells put out last, or what they came with."""
    with services().ledger.read() as session:
        notebook = find(session, path.notebook_id)
        version = notebooks.version(session, notebook)
        kept = notebooks.kept_outputs(session, notebook.id, [c["kept"] for c in version.cells if "kept" in c])
        cells = [
            ipynb.Cell(one["id"], one["kind"], one["source"], kept.get(one.get("kept", ""), []))
            for one in version.cells
        ]
        whole = with_outputs(session, notebook.owner_id, cells, flow_id=notebook.id)
    return _file(notebook.name, whole)


@api.get("/flows/<flow_id>/nodes/<node_id>/notebook", responses=answers(200, NotebookFileShape))
@checked
def of_node(path: FlowNodePath) -> Response:
    """The cells of a Python Script node as such a file."""
    with services().ledger.read() as session:
        flow = flows.visible(session, caller().user, path.flow_id)
        nodes = {node["id"]: node for node in flows.newest(session, flow).document["nodes"]}
        node = nodes.get(path.node_id)
        if node is None or node["type"] != "python_script":
            raise NotFound("this flow has no Python Script node of this id")
        found = node["settings"].get("cells") or []
        cells = [ipynb.Cell(one["id"], "code", one["code"], []) for one in found]
        whole = with_outputs(session, flow.owner_id, cells, flow_id=flow.id, node_id=path.node_id)
    return _file(f"{flow.name} - {node['name']}", whole)


def _file(title: str, cells: Sequence[ipynb.Cell]) -> Response:
    name = quote(f"{title.replace('/', '-')}.ipynb", safe="")
    return json_answer(
        ipynb.write(title, cells),
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-cache"},
    )
