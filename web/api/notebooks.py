"""Notebooks without a flow: saved, loaded, in versions, out of files and into them."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from flask import Response

from broker_config.wire.errors import Conflict
from tasks import cancelling
from tasks.ledger import executions, kernels, notebooks, shares
from tasks.ledger.models import Execution, Kernel, Notebook, NotebookVersion
from tasks.ledger.notebooks import Document
from tasks.ledger.session import Session
from web import audit
from web.answers import json_answer, page
from web.api.clearing import erase
from web.api.documents import answers, resource
from web.api.notebook_bodies import (
    NotebookBody,
    NotebookChange,
    NotebookListQuery,
    NotebookVersionQuery,
    kernel_uid,
    new_cells,
)
from web.api.paths import NotebookPath
from web.api.saving import base, expected, tag
from web.api.shapes.notebooks import (
    NotebookCleared,
    NotebookList,
    NotebookShape,
    NotebookSummary,
    NotebookVersionList,
    show,
    show_version,
    summary,
)
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import PageQuery

api = resource("notebooks", "Cells without a flow; every save is a version")


@api.get("/notebooks", responses=answers(200, NotebookList))
@checked
def every(query: NotebookListQuery) -> Response:
    """One's own notebooks without their cells, the last saved first."""
    with services().ledger.read() as session:
        rows, after = notebooks.page(session, caller().user, query.q, query.after, query.limit, query.all)
        theirs = kernels_of(session, rows)
    return page(rows, after, lambda notebook: summary(web(), notebook, theirs))


@api.post("/notebooks", responses=answers(201, NotebookShape))
@checked
def create(body: NotebookBody) -> Response:
    """Save a new notebook, as its version 1."""
    cells = new_cells(body)
    with services().ledger.write() as session:
        new = Document(body.name, kernel_uid(session, body.kernel), cells, body.label)
        notebook = notebooks.create(session, caller().user, new, time.time())
        audit.note(session, "notebook.create", notebook.id, name=notebook.name)
        shown = shown_at(session, notebook, notebooks.version(session, notebook))
    return made(shown)


@api.get("/notebooks/<notebook_id>", responses=answers(200, NotebookShape))
@checked
def one(path: NotebookPath, query: NotebookVersionQuery) -> Response:
    """A notebook as it is now, or was at a version. Its `ETag` is what `If-Match` of a change says."""
    with services().ledger.read() as session:
        notebook = find(session, path.notebook_id)
        shown = shown_at(session, notebook, notebooks.version(session, notebook, query.version))
    return json_answer(shown, headers=tag(shown["version"]))


@api.put("/notebooks/<notebook_id>", responses=answers(200, NotebookSummary))
@checked
def save(path: NotebookPath, body: NotebookChange) -> Response:
    """Save a notebook as one more version; the answer has no cells.

    `If-Match` (its `ETag`, or `*`), or `version` in the body, says what was changed; 409: it was saved since.
    """
    cells = new_cells(body)
    with services().ledger.write() as session:
        notebook = find(session, path.notebook_id)
        made_from = base("notebook", notebook.version, body.version)
        kernel = kernel_uid(session, body.kernel, notebook.kernel_uid)
        new = Document(body.name, kernel, cells, body.label)
        notebook = notebooks.save(session, caller().user, notebook, new, made_from, time.time())
        audit.note(session, "notebook.save", notebook.id, version=notebook.version)
        shown = summary(web(), notebook, kernels_of(session, [notebook]))
    return json_answer(shown, headers=tag(notebook.version))


@api.delete("/notebooks/<notebook_id>", responses=answers(204, None))
@checked
def delete(path: NotebookPath) -> Response:
    """Delete a notebook with its versions, what its cells put out, and their local artifacts.

    Cells of it that wait are cancelled, one that runs is interrupted.
    """
    with services().ledger.read() as session:
        notebook = find(session, path.notebook_id)
        expected("notebook", notebook.version)
        uids = executions.kernels_of(session, caller().user, notebook.id)
        waiting = [row for uid in uids for row in executions.open_of(session, uid, notebook.id)]
    for row in waiting:
        _cancel(row)
    with services().ledger.write() as session:
        notebook = find(session, path.notebook_id)
        expected("notebook", notebook.version)
        notebooks.delete(session, notebook, time.time())
        audit.note(session, "notebook.delete", notebook.id, name=notebook.name)
    for uid in uids:
        erase(uid, notebook.id)
    return Response(status=204)


@api.get("/notebooks/<notebook_id>/versions", responses=answers(200, NotebookVersionList))
@checked
def versions(path: NotebookPath, query: PageQuery) -> Response:
    """Its versions that are kept, the newest first."""
    with services().ledger.read() as session:
        notebook = find(session, path.notebook_id)
        rows, after = notebooks.versions(session, notebook, query.after, query.limit)
    return page(rows, after, lambda version: show_version(web(), version))


@api.delete("/notebooks/<notebook_id>/outputs", responses=answers(200, NotebookCleared))
@checked
def clear_outputs(path: NotebookPath) -> Response:
    """Erase what its ended cells put out and what came with its file, for good; variables stay."""
    with services().ledger.write() as session:
        notebook = find(session, path.notebook_id)
        notebooks.erase_kept(session, notebook.id)
        audit.note(session, "notebook.clear_outputs", notebook.id)
        uids = executions.kernels_of(session, caller().user, notebook.id)
    return json_answer({"id": notebook.id, "cleared": sum(erase(uid, notebook.id) for uid in uids)})


def find(session: Session, notebook_id: str) -> Notebook:
    """The notebook that the caller means; raises ``NotFound``."""
    return notebooks.visible(session, caller().user, notebook_id)


def kernels_of(session: Session, rows: list[Notebook]) -> dict[str, Kernel]:
    """Those of their kernels that the caller may see, by uid."""
    found = kernels.there(session, {row.kernel_uid for row in rows if row.kernel_uid is not None})
    may = shares.access_many(session, caller().user, found)
    return {kernel.uid: kernel for kernel in found if may[kernel.uid] is not None}


def shown_at(session: Session, notebook: Notebook, version: NotebookVersion) -> dict[str, Any]:
    """A notebook with its cells."""
    digests = [cell["kept"] for cell in version.cells if "kept" in cell]
    outputs = notebooks.kept_outputs(session, notebook.id, digests)
    return show(summary(web(), notebook, kernels_of(session, [notebook])), version, outputs)


def made(shown: dict[str, Any]) -> Response:
    """The answer for a new notebook."""
    headers = {"Location": f"/api/v1/notebooks/{shown['id']}", **tag(shown["version"])}
    return json_answer(shown, 201, headers)


def _cancel(row: Execution) -> None:
    with suppress(Conflict):  # it has ended meanwhile
        cancelling.cancel(services(), row, actor=audit.actor())
