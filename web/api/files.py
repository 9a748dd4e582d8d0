"""Shared files of one's own: listed, written, read in ranges, deleted. The ledger keeps every version."""

from __future__ import annotations

import re
import time
from typing import Annotated, Literal

from flask import Response, request
from flask_openapi3.models import RawModel
from pydantic import AfterValidator, Field

from broker_config.wire import names
from broker_config.wire.errors import BadField, Conflict, NotFound
from tasks import file_uploads
from tasks.ledger import files, folders
from tasks.ledger.models import SharedFile
from tasks.ledger.session import Session
from web import audit
from web.answers import json_answer, page
from web.api import file_writes
from web.api.documents import answers, binary, resource
from web.api.downloads import Download, send
from web.api.paths import FilePath
from web.api.shapes.files import FileList, FileShape, UploadShape, show
from web.api.uploads import HEADER
from web.context import caller, services
from web.validation.checked import checked
from web.validation.fields import PageQuery, Strict, Whole

api = resource("files", "Shared files: seen by every kernel of their owner")
_UPLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def _upload(value: str) -> str:
    if not _UPLOAD.fullmatch(value):
        raise ValueError("is 1 to 64 ASCII letters, digits, '-' and '_'")
    return value


UploadName = Annotated[
    str, AfterValidator(_upload), Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]{1,64}$"})
]


class ListQuery(PageQuery):
    """Which files."""

    prefix: str = Field("", max_length=names.LONGEST_SHARED_NAME_BYTES, description="Start of the path")
    delimiter: Literal["/"] | None = Field(
        None, description="Only what is directly below `prefix`, which is empty or ends in `/`"
    )


class FileQuery(Strict):
    """Which version; none: the latest."""

    version: Whole | None = None
    versions: str | None = Field(None, description="Present: the list of versions instead of the file")


class UploadQuery(Strict):
    """Which upload in parts."""

    upload: UploadName | None = Field(None, description="The client's own name for an upload in parts")


class RestoreBody(Strict):
    """What to make the latest."""

    restore: Annotated[int, Field(ge=1)] = Field(description="Number of a version")


class AnyBytes(RawModel):
    """A file's bytes."""

    mimetypes = ["application/octet-stream"]  # noqa: RUF012 - the library's


@api.get("/files", responses=answers(200, FileList))
@checked
def every(query: ListQuery) -> Response:
    """Files whose path starts with `prefix`, by path; with `delimiter` a folder's, and its folders."""
    owner_id = caller().user.id
    if query.delimiter is None:
        with services().ledger.read() as session:
            rows, after = files.page(session, owner_id, query.prefix, query.after, query.limit)
        return _listed([], rows, after)
    if query.prefix and not query.prefix.endswith("/"):
        raise BadField("ends in / where delimiter is given", "prefix")
    with services().ledger.read() as session:
        below, rows, after = folders.page(session, owner_id, query.prefix, query.after, query.limit)
    return _listed(below, rows, after)


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


@api.put("/files/<path:path>", responses={**answers(201, FileShape), **answers(202, UploadShape)})
@checked
def write(path: FilePath, query: UploadQuery, raw: AnyBytes) -> Response:
    """Write a file: the body as it is. What was there stays as an older version.

    In parts with `Content-Range: bytes FIRST-LAST/TOTAL` and `?upload=NAME`, one after another, each but the
    last of a multiple of 8 MiB; 202 until all are there. `bytes */TOTAL` without a body asks how far it is.
    """
    name = _name(path)
    if HEADER in request.headers:
        return file_writes.part(request, name, query.upload)
    if query.upload is not None:
        raise BadField("is for uploads in parts: send Content-Range", "upload")
    return file_writes.whole(request, name)


@api.post("/files/<path:path>", responses=answers(201, FileShape))
@checked
def restore(path: FilePath, body: RestoreBody) -> Response:
    """Make an older version the latest again, as a new version; also of a file that was deleted."""
    name = _name(path)
    with services().ledger.write() as session:
        row = file_writes.restored(session, name, body.restore)
    return file_writes.written(row)


@api.delete("/files/<path:path>", responses=answers(204, None))
@checked
def delete(path: FilePath, query: UploadQuery) -> Response:
    """Delete a file; its versions stay readable by their numbers. With `upload`: give that up instead."""
    name, owner_id = _name(path), caller().user.id
    if query.upload is not None:
        file_uploads.give_up(services(), owner_id, name, query.upload)
        return Response(status=204)
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
    return Download(
        str(row.object_key), row.size, row.sha256, name, lambda session: files.mark_damaged(session, row.id)
    )


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
    return page(rows, None, show)


def _listed(below: list[str], rows: list[SharedFile], after: str | None) -> Response:
    return json_answer({"items": [show(row) for row in rows], "folders": below, "next": after})
