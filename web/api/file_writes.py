"""How a shared file comes to be: in one request, in several, or again from an older version."""

from __future__ import annotations

import sys
import time
from typing import Any

from flask import Request, Response

from broker_config.wire.errors import BadField, BadInput, Conflict, NotFound
from tasks import file_uploads
from tasks.file_uploads import Coming
from tasks.ledger import files, uploads
from tasks.ledger.models import SharedFile
from tasks.ledger.session import Session
from tasks.objects.keys import owner_file
from web import audit
from web.answers import json_answer
from web.api.shapes.files import show
from web.api.uploads import HEADER, Bounded, Exactly, Span, Upload, read_span
from web.context import caller, services
from web.validation.body import check_plain


def whole(incoming: Request, name: str) -> Response:
    """Write a file from one body."""
    owner_id, key = caller().user.id, owner_file(caller().user.id)
    stream = _body(incoming)
    with services().ledger.read() as session:
        check_place(session, owner_id, name)
    upload = Upload(services().store, key)
    with upload.kept_only_if_recorded():
        stored = upload.put(stream, incoming.content_length)
        version = files.NewVersion(owner_id, name, key, stored.size, stored.sha256)
        with services().ledger.write() as session:
            row = _add(session, version)
    return written(row)


def part(incoming: Request, name: str, upload: str | None) -> Response:
    """Take a part of a file; the last one makes it a version."""
    check_plain(incoming)
    if upload is None:
        raise BadField("an upload in parts has a name of the client's own: `?upload=NAME`", "upload")
    span = read_span(incoming.headers[HEADER], services().settings.upload_max_bytes)
    coming = Coming(caller().user.id, name, upload, span.total)
    there = file_uploads.received(services(), coming) if span.length == 0 else _take(incoming, coming, span)
    if there < span.total or span.total == 0:
        told = {"path": name, "upload": upload, "received": there, "total": span.total}
        return json_answer(told, 202)
    found = file_uploads.finish(services(), coming)
    version = files.NewVersion(coming.owner_id, name, found.key, found.size, found.sha256)
    with services().ledger.write() as session:
        if not uploads.end(session, found.upload_id):
            raise Conflict("another request has ended this upload")
        row = _add(session, version)
    return written(row)


def restored(session: Session, name: str, number: int) -> SharedFile:
    """Make an old version the latest again, as a new version of the same bytes.

    Raises:
        NotFound: no such version, or it is one that says the file was deleted. Conflict: it is damaged.
    """
    owner_id = caller().user.id
    old = next((v for v in files.versions(session, owner_id, name) if v.version == number), None)
    if old is None or old.object_key is None:
        raise NotFound("there is no such version")
    if old.damaged:
        raise Conflict(f"version {number} is damaged: its bytes are not what was written")
    check_place(session, owner_id, name)
    again = files.NewVersion(owner_id, name, old.object_key, old.size, old.sha256, promoted=old.promoted)
    row = files.add_version(session, again, time.time())
    audit.note(session, "file.restore", name, version=row.version, restored=number)
    return row


def check_place(session: Session, owner_id: int, name: str) -> None:
    """Raise ``Conflict`` where it cannot be: on a kernel's disk nothing is a file and a folder at once."""
    parts = name.split("/")
    for end in range(1, len(parts)):
        folder = files.latest(session, owner_id, "/".join(parts[:end]))
        if folder is not None and folder.object_key is not None:
            raise Conflict(f"{folder.path} is a file, so nothing can be below it", "path")
    if files.page(session, owner_id, f"{name}/", None, 1)[0]:
        raise Conflict(f"{name} is a folder with files in it", "path")


def written(row: SharedFile) -> Response:
    """The answer to who wrote a version."""
    shown: dict[str, Any] = show(row)
    return json_answer(shown, 201, {"ETag": f'"{row.sha256}"'})


def _take(incoming: Request, coming: Coming, span: Span) -> int:
    if incoming.content_length is None:
        raise BadInput("a part is sent with its Content-Length")
    if incoming.content_length != span.length:
        raise BadField(f"says {span.length} bytes, and {incoming.content_length} come", HEADER)
    with services().ledger.read() as session:
        check_place(session, coming.owner_id, coming.path)
    incoming.max_content_length = sys.maxsize
    return file_uploads.take(services(), coming, span.begin, Exactly(incoming.stream, span.length))


def _add(session: Session, version: files.NewVersion) -> SharedFile:
    check_place(session, version.owner_id, version.path)
    row = files.add_version(session, version, time.time())
    audit.note(session, "file.write", version.path, version=row.version)
    return row


def _body(incoming: Request) -> Bounded:
    check_plain(incoming)
    if incoming.content_length is None and "Transfer-Encoding" not in incoming.headers:
        raise BadInput("a body is needed: send Content-Length, or chunks")
    # Werkzeug's own limit cuts off silently where it does not know the length; `Bounded` refuses.
    incoming.max_content_length = sys.maxsize
    return Bounded(incoming.stream, incoming.content_length, services().settings.upload_max_bytes)
