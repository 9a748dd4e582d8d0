"""The catalog: global artifacts of one's own, in versions, with where they came from and who reads them."""

from __future__ import annotations

import time

from flask import Response

from broker_config.wire.errors import Conflict
from tasks.ledger import catalog
from tasks.ledger.models import CatalogVersion
from tasks.ledger.session import Session
from web import audit
from web.answers import json_answer, page
from web.api import previews
from web.api.catalog_queries import (
    DeleteQuery,
    DescribeBody,
    ListQuery,
    NamespaceQuery,
    PruneBody,
    VersionsQuery,
)
from web.api.displays import HTML
from web.api.documents import answers, binary, resource
from web.api.downloads import BINARY, Download, send
from web.api.paths import CatalogPath, CatalogVersionPath
from web.api.shapes.artifacts import PreviewShape, file_name
from web.api.shapes.catalog import (
    DeletedShape,
    EntryList,
    NameShape,
    NamespaceList,
    PrunedShape,
    VersionShape,
    show_entry,
    show_pruned,
    show_version,
)
from web.context import caller, services, web
from web.validation.checked import checked

api = resource("catalog", "Global artifacts: published by flows, read by every kernel of their owner")

MOST_PRUNED = 1_000
ONE = "/catalog/artifacts/<artifact>/versions/<version>"


@api.get("/catalog/artifacts", responses=answers(200, EntryList))
@checked
def every(query: ListQuery) -> Response:
    """The latest version of each name, by namespace and name."""
    tags = [] if query.tags is None else [tag.strip() for tag in query.tags.split(",")]
    search = catalog.Search(tags, query.namespace, query.name, query.q)
    with services().ledger.read() as session:
        rows, after = catalog.page(session, caller().user.id, search, query.after, query.limit)
    return page(rows, after, lambda row: show_entry(web(), row))


@api.get("/catalog/namespaces", responses=answers(200, NamespaceList))
@checked
def namespaces() -> Response:
    """Namespaces that hold something."""
    with services().ledger.read() as session:
        return json_answer({"items": catalog.namespaces(session, caller().user.id), "next": None})


@api.get("/catalog/artifacts/<artifact>", responses=answers(200, NameShape))
@checked
def one(path: CatalogPath, query: VersionsQuery) -> Response:
    """A name with its versions, the newest first."""
    named = (caller().user.id, query.namespace, path.artifact)
    with services().ledger.read() as session:
        newest = catalog.latest(session, *named)
        rows, after = catalog.versions(session, *named, query.after, query.limit)
    shown = {"name": newest.name, "namespace": newest.namespace, "latest": newest.version}
    return json_answer({**shown, "items": [show_entry(web(), row) for row in rows], "next": after})


@api.delete("/catalog/artifacts/<artifact>", responses=answers(200, DeletedShape))
@checked
def delete(path: CatalogPath, query: DeleteQuery) -> Response:
    """Delete a name with all its versions; needs `force`, since code reads its latest."""
    return _delete(path.artifact, None, query)


@api.get(ONE, responses=answers(200, VersionShape))
@checked
def version(path: CatalogVersionPath, query: NamespaceQuery) -> Response:
    """One version: who made it and from what, who read it, what was made from it."""
    with services().ledger.read() as session:
        return _whole(session, _row(session, path, query.namespace))


@api.delete(ONE, responses=answers(200, DeletedShape))
@checked
def delete_version(path: CatalogVersionPath, query: DeleteQuery) -> Response:
    """Delete one version; the latest needs `force`. Its number is not used again while the name lives."""
    return _delete(path.artifact, path.version, query)


@api.get(f"{ONE}/preview", responses=answers(200, PreviewShape))
@checked
def preview(path: CatalogVersionPath, query: NamespaceQuery) -> Response:
    """What can be seen of it without loading it."""
    return previews.whole(_find(path, query.namespace).preview)


@api.get(
    f"{ONE}/preview/html",
    responses=binary(200, HTML, "The HTML of its preview, with a policy that lets it reach nothing"),
)
@checked
def preview_html(path: CatalogVersionPath, query: NamespaceQuery) -> Response:
    """The HTML of its preview; only for an iframe with `sandbox`."""
    return previews.html(_find(path, query.namespace).preview)


@api.get(
    f"{ONE}/content",
    responses={
        **binary(200, BINARY, "The bytes"),
        **binary(206, BINARY, "A part of them"),
        **binary(304, BINARY, "They are what `If-None-Match` says"),
        **binary(416, "application/json", "The range is outside"),
    },
)
@checked
def content(path: CatalogVersionPath, query: NamespaceQuery) -> Response:
    """Its bytes as they are stored, whole or a range. Loading them runs code of who made them."""
    return send(services(), lambda: _download(_find(path, query.namespace)))


@api.patch(ONE, responses=answers(200, VersionShape))
@checked
def describe(path: CatalogVersionPath, query: NamespaceQuery, body: DescribeBody) -> Response:
    """Change the description and the tags of a version; its bytes and its number stay."""
    with services().ledger.write() as session:
        named = (caller().user.id, query.namespace, path.artifact)
        row = catalog.describe(session, *named, path.version, catalog.Said(body.description, body.tags))
        audit.note(session, "catalog.describe", _target(row), fields=sorted(body.model_fields_set))
        return _whole(session, row)


@api.post(f"{ONE}/promote", responses=answers(201, VersionShape))
@checked
def promote(path: CatalogVersionPath, query: NamespaceQuery) -> Response:
    """Make an old version the latest again, as a new version of the same object."""
    with services().ledger.write() as session:
        named = (caller().user.id, query.namespace, path.artifact)
        row = catalog.promote(session, *named, path.version, time.time())
        audit.note(session, "catalog.promote", _target(row), promoted=path.version)
        return _whole(session, row, 201)


@api.post("/catalog/prune", responses=answers(200, PrunedShape))
@checked
def prune(body: PruneBody) -> Response:
    """Delete old versions: of each name all but the `keep` newest. By default it only says which.

    At most 1,000 go at once: `left` says how many are still there.
    """
    now = time.time()
    before = None if body.older_than_s is None else now - body.older_than_s
    wanted = catalog.Prune(caller().user.id, body.keep, body.namespace, body.name, before)
    if body.dry_run:
        with services().ledger.read() as session:
            return json_answer(show_pruned(web(), catalog.prunable(session, wanted, MOST_PRUNED), True))
    with services().ledger.write() as session:
        found = catalog.prune(session, wanted, MOST_PRUNED, now)
        deleted = len(found.versions)
        audit.note(session, "catalog.prune", body.name or "all names", keep=body.keep, deleted=deleted)
        return json_answer(show_pruned(web(), found, False))


def _delete(name: str, number: int | None, query: DeleteQuery) -> Response:
    with services().ledger.write() as session:
        named = (caller().user.id, query.namespace, name)
        count = catalog.delete_by_person(session, *named, number, query.force, time.time())
        audit.note(session, "catalog.delete", f"{query.namespace}::{name}", version=number, deleted=count)
    return json_answer({"deleted": count})


def _row(session: Session, path: CatalogVersionPath, namespace: str) -> CatalogVersion:
    return catalog.find(session, caller().user.id, namespace, path.artifact, path.version)


def _find(path: CatalogVersionPath, namespace: str) -> CatalogVersion:
    with services().ledger.read() as session:
        return _row(session, path, namespace)


def _whole(session: Session, row: CatalogVersion, status: int = 200) -> Response:
    shown = show_version(web(), catalog.lineage(session, row), catalog.is_latest(session, row))
    return json_answer(shown, status)


def _target(row: CatalogVersion) -> str:
    return f"{row.namespace}::{row.name}@{row.version}"


def _download(row: CatalogVersion) -> Download:
    if row.damaged:
        raise Conflict(f"version {row.version} is damaged: its bytes are not what was published")
    key, name = str(row.object_key), file_name(f"{row.name}-v{row.version}", row.format)
    return Download(key, row.size, row.sha256, name, lambda session: catalog.mark_damaged(session, key))
