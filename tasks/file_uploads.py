"""Shared files that come in parts: begun, gone on with after a break, finished as one version, or given up.

Parts come in order. A part of the store is ``PART_BYTES``; what a request brings is cut into these, and each
that the store took is in the ledger at once, so that a broken request loses less than one.
"""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import suppress
from dataclasses import dataclass

from broker_config.wire.errors import Conflict, HuskError, NotFound, StorageFailed, TooLarge
from tasks.ledger import uploads
from tasks.ledger.models import FileUpload
from tasks.objects.keys import owner_file
from tasks.objects.parts import MOST_PARTS, PART_BYTES, Part, Readable, read_parts
from tasks.objects.pieces import Pieces
from tasks.services import Services

MOST_AT_ONCE = 50
KEPT_S = 24 * 3600.0
"""An upload that nobody goes on with is given up after so long."""
LARGEST_BYTES = MOST_PARTS * PART_BYTES

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Coming:
    """Which upload a request is about. ``total`` bytes in all; ``name`` is the client's own for it."""

    owner_id: int
    path: str
    name: str
    total: int


@dataclass(frozen=True, slots=True)
class Whole:
    """An upload whose bytes are all in one object. Size in bytes."""

    upload_id: int
    key: str
    size: int
    sha256: str


def received(services: Services, coming: Coming) -> int:
    """How many bytes are there of it; 0 where it has not begun.

    Raises:
        Conflict: it is of another size.
    """
    row = _find(services, coming)
    return 0 if row is None else row.received


def take(services: Services, coming: Coming, begins_at: int, stream: Readable) -> int:
    """Take what a request brings, from byte ``begins_at``; how many bytes are there then.

    What ``stream.read`` raises goes through; what came before it is kept.

    Raises:
        Conflict: parts are missing before it, or it is there already: the message says where to go on.
        TooLarge: ``total`` is more than an upload in parts may have.
    """
    row = _find(services, coming)
    if row is None:
        row = _begin(services, coming, begins_at)
    if begins_at != row.received:
        raise Conflict(f"{row.received} bytes of this upload are there: go on at byte {row.received}")
    pieces, at = services.store.pieces(row.object_key), begins_at
    for data in read_parts(stream, PART_BYTES):
        at = _take_part(services, row, pieces, at, data)
    return at


def finish(services: Services, coming: Coming) -> Whole:
    """Make one object of an upload whose bytes are all there, and read it for its SHA-256.

    The same again does the same.

    Raises:
        NotFound: there is no such upload. Conflict: bytes are missing. StorageFailed: it is not what came.
    """
    row = _find(services, coming)
    if row is None or row.received != row.total:
        raise Conflict("bytes of this upload are missing: ask how far it is")
    with services.ledger.read() as session:
        done = [Part(p.number, p.etag, bytes.fromhex(p.digest)) for p in uploads.parts(session, row.id)]
    with suppress(NotFound):  # completed by a request that broke off
        services.store.pieces(row.object_key).complete(row.store_id, done)
    size, digest = 0, hashlib.sha256()
    with services.store.open(row.object_key) as download:
        for chunk in download:
            size += len(chunk)
            digest.update(chunk)
    if size != row.total:
        raise StorageFailed(f"the store has {size} bytes of this upload, not {row.total}")
    return Whole(row.id, row.object_key, size, digest.hexdigest())


def give_up(services: Services, owner_id: int, path: str, name: str) -> None:
    """Forget an upload and what came of it. Raises ``NotFound``: there is none."""
    with services.ledger.read() as session:
        row = uploads.find(session, owner_id, path, name)
    if row is None:
        raise NotFound("there is no such upload")
    _forget(services, row)


def sweep(services: Services, limit: int = 20) -> None:
    """Give up uploads that nobody went on with.

    Raises:
        Unavailable: the store or the database is away.
    """
    with services.ledger.read() as session:
        rows = uploads.untouched(session, time.time() - KEPT_S, limit)
    for row in rows:
        log.info("upload %s of owner %s is given up", row.id, row.owner_id)
        _forget(services, row)


def _find(services: Services, coming: Coming) -> FileUpload | None:
    with services.ledger.read() as session:
        row = uploads.find(session, coming.owner_id, coming.path, coming.name)
    if row is not None and row.total != coming.total:
        raise Conflict(f"this upload has {row.total} bytes in all: give it up, or take another name for it")
    return row


def _begin(services: Services, coming: Coming, begins_at: int) -> FileUpload:
    if begins_at != 0:
        raise Conflict("0 bytes of this upload are there: go on at byte 0")
    if coming.total > LARGEST_BYTES:
        raise TooLarge(f"an upload in parts has at most {LARGEST_BYTES} bytes")
    key = owner_file(coming.owner_id)
    with services.ledger.read() as session:
        if uploads.of_owner(session, coming.owner_id) >= MOST_AT_ONCE:
            raise Conflict(f"{MOST_AT_ONCE} uploads have begun and not ended: end some, or give them up")
    pieces = services.store.pieces(key)
    store_id = pieces.begin()
    new = uploads.NewUpload(coming.owner_id, coming.path, coming.name, coming.total, key, store_id)
    try:
        with services.ledger.write() as session:
            return uploads.begin(session, new, time.time())
    except BaseException:
        with suppress(HuskError):
            pieces.abort(store_id)
        raise


def _take_part(services: Services, row: FileUpload, pieces: Pieces, at: int, data: bytes) -> int:
    number = at // PART_BYTES + 1
    try:
        part = pieces.put(row.store_id, number, data)
    except NotFound:
        _forget(services, row)
        raise Conflict("the store has forgotten this upload: begin again at byte 0") from None
    taken = uploads.TakenPart(number, len(data), part.etag, part.digest.hex())
    with services.ledger.write() as session:
        uploads.take(session, row.id, at, taken, time.time())
    return at + len(data)


def _forget(services: Services, row: FileUpload) -> None:
    services.store.pieces(row.object_key).abort(row.store_id)
    with services.ledger.write() as session:
        if uploads.end(session, row.id):
            services.store.remove(row.object_key)
