"""Shared files of one's own: listed, written, read in ranges, deleted. The ledger keeps every version."""

from __future__ import annotations

import sys
import time
from typing import Any

from flask import Request, Response, request
from flask_openapi3.models import RawModel
from pydantic import Field

from broker_config.wire import names
from broker_config.wire.errors import BadField, BadInput, Conflict, NotAvailable, NotFound
from tasks.ledger import files
from tasks.ledger.models import SharedFile
from tasks.ledger.session import Session
from tasks.objects.keys import owner_file
from web import audit
from web.answers import json_answer, page
from web.api.documents import answers, binary, resource
from web.api.downloads import Download, send
from web.api.paths import FilePath
from web.api.shapes.basic import LIST_END, moment
from web.api.uploads import Bounded, Upload
from web.context import caller, services
from web.validation.body import check_plain
from web.validation.checked import checked
from web.validation.fields import PageQuery, Shape, Strict, Whole

api = resource("files", "Shared files: seen by every kernel of their owner")


class ListQuery(PageQuery):
    """Which files."""

    prefix: str = Field("", max_length=names.LONGEST_SHARED_NAME_BYTES, description="Start of the path")


class FileQuery(Strict):
    """Which version; none: the latest."""

    version: Whole | None = None
    versions: str | None = Field(None, description="Present: the list of versions instead of the file")


class FileShape(Shape):
    """One version of a file."""

    path: str
    version: int
    size: int = Field(description="Bytes")
    sha256: str
    created_at: str | None
    deleted: bool = Field(description="Whether this version says that the file was deleted")
    damaged: bool
    execution_id: str | None = Field(description="The cell that wrote it")


class FileList(Shape):
    """Files by path, or versions of one, newest first."""

    items: list[FileShape]
    next: str | None = Field(description=LIST_END)


class AnyBytes(RawModel):
    """A file's bytes."""

    mimetypes = ["application/octet-stream"]  # noqa: RUF012 - the library's


@api.get("/files", responses=answers(200, FileList))
@checked
def every(query: ListQuery) -> Response:
    """Files whose path starts with `prefix`, by path."""
    with services().ledger.read() as session:
        rows, after = files.page(session, caller().user.id, query.prefix, query.after, query.limit)
    return page(rows, after, _show)


@api.get(
    "/files/<path:path>",
    responses={
        **binary(200, "application/octet-stream", "The file, or with `versions` a list of them", FileList),
        **binary(206, "application/octet-stream", "A part of it"),
        **binary(304, "application/octet-stream", "It is what `If-None-Match` says"),
        **binary(416, "application/json", "The range is outside of it"),
    },
)
@checked
def one(path: FilePath, query: FileQuery) -> Response:
    """A file's bytes, whole or a range. `ETag` is its SHA-256."""
    name = _name(path)
    if query.versions is not None:
        return _versions(name)
    return send(services(), lambda: _download(name, query.version))


@api.put("/files/<path:path>", responses=answers(201, FileShape))
@checked
def write(path: FilePath, raw: AnyBytes) -> Response:
    """Write a file: the body as it is. What was there stays as an older version."""
    name, owner_id = _name(path), caller().user.id
    stream = _body(request)
    with services().ledger.read() as session:
        _check_place(session, owner_id, name)
    key = owner_file(owner_id)
    upload = Upload(services().store, key)
    with upload.kept_only_if_recorded():
        stored = upload.put(stream, request.content_length)
        with services().ledger.write() as session:
            _check_place(session, owner_id, name)
            version = files.NewVersion(owner_id, name, key, stored.size, stored.sha256)
            row = files.add_version(session, version, time.time())
            audit.note(session, "file.write", name, version=row.version)
    return json_answer(_show(row), 201, {"ETag": f'"{row.sha256}"'})


@api.delete("/files/<path:path>", responses=answers(204, None))
@checked
def delete(path: FilePath) -> Response:
    """Delete a file; its versions stay readable by their numbers."""
    name, owner_id = _name(path), caller().user.id
    with services().ledger.write() as session:
        _version(session, name, None)
        files.add_version(session, files.NewVersion(owner_id, name), time.time())
        audit.note(session, "file.delete", name)
    return Response(status=204)


def _download(name: str, version: int | None) -> Download:
    with services().ledger.read() as session:
        row = _version(session, name, version)
    if row.damaged:
        raise Conflict(f"version {row.version} is damaged: its bytes are not what was written")
    return Download(str(row.object_key), row.size, row.sha256, name, row.id)


def _name(path: FilePath) -> str:
    if "\ufffd" in path.path:
        raise BadField("a path is UTF-8", "path")
    try:
        return names.check_shared_name(path.path)
    except BadField as error:
        raise BadField(error.message, "path") from None


def _version(session: Session, name: str, version: int | None) -> SharedFile:
    owner_id = caller().user.id
    if version is None:
        row = files.latest(session, owner_id, name)
    else:
        found = files.versions(session, owner_id, name)
        row = next((one for one in found if one.version == version), None)
    if row is None or row.object_key is None:
        raise NotFound("there is no such file")
    return row


def _versions(name: str) -> Response:
    with services().ledger.read() as session:
        rows = files.versions(session, caller().user.id, name)
    if not rows:
        raise NotFound("there is no such file")
    return page(rows, None, _show)


def _check_place(session: Session, owner_id: int, name: str) -> None:
    """On a kernel's disk nothing is a file and a folder at once."""
    parts = name.split("/")
    for end in range(1, len(parts)):
        folder = files.latest(session, owner_id, "/".join(parts[:end]))
        if folder is not None and folder.object_key is not None:
            raise Conflict(f"{folder.path} is a file, so nothing can be below it", "path")
    if files.page(session, owner_id, f"{name}/", None, 1)[0]:
        raise Conflict(f"{name} is a folder with files in it", "path")


def _body(incoming: Request) -> Bounded:
    check_plain(incoming)
    if "Content-Range" in incoming.headers:
        raise NotAvailable("uploads in parts are not built yet: send the whole file", "Content-Range")
    if incoming.content_length is None and "Transfer-Encoding" not in incoming.headers:
        raise BadInput("a body is needed: send Content-Length, or chunks")
    # Werkzeug's own limit cuts off silently where it does not know the length; `Bounded` refuses.
    incoming.max_content_length = sys.maxsize
    return Bounded(incoming.stream, incoming.content_length, services().settings.upload_max_bytes)


def _show(row: SharedFile) -> dict[str, Any]:
    plain = ("path", "version", "size", "sha256", "damaged", "execution_id")
    return {
        **{name: getattr(row, name) for name in plain},
        "created_at": moment(row.created_at),
        "deleted": row.object_key is None,
    }
