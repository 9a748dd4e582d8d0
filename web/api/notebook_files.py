"""Notebooks out of Jupyter's files and into them."""

from __future__ import annotations

from flask import Response

from web.api.documents import answers, resource
from web.api.notebook_bodies import NotebookFile, NotebookImportQuery
from web.api.paths import FlowNodePath, NotebookPath
from web.api.shapes.notebooks import NotebookFileShape, NotebookShape
from web.validation.checked import checked

api = resource("notebook_files", "Notebooks as files of Jupyter's")


@api.post("/notebooks/import", responses=answers(201, NotebookShape))
@checked
def read(query: NotebookImportQuery, body: NotebookFile) -> Response:
    """Make a notebook of an `.ipynb` file of format 3 or 4, which is the body; outputs are kept."""
    raise NotImplementedError


@api.get("/notebooks/<notebook_id>/ipynb", responses=answers(200, NotebookFileShape))
@checked
def write(path: NotebookPath) -> Response:
    """A notebook as a file of format 4.5, with what its cells put out last, or what they came with."""
    raise NotImplementedError


@api.get("/flows/<flow_id>/nodes/<node_id>/notebook", responses=answers(200, NotebookFileShape))
@checked
def of_node(path: FlowNodePath) -> Response:
    """The cells of a Python Script node as such a file."""
    raise NotImplementedError
