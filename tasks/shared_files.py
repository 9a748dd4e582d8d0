"""Shared files of an owner: versions that kernels wrote, what a kernel may fetch, and their promotion."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from contextlib import suppress

from broker_config.wire.errors import BadField, NotFound, StorageFailed
from broker_config.wire.events import SharedWritten
from broker_config.wire.messages import SharedEntry
from broker_config.wire.names import check_shared_name
from tasks.ledger import files
from tasks.ledger.models import Kernel, SharedFile
from tasks.ledger.session import Session
from tasks.objects import keys
from tasks.services import Services

SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
UPLOAD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
LARGEST_BYTES = 5 * 1024**3
URL_S = 3600.0
MOST_ENTRIES = 2_000

log = logging.getLogger(__name__)


def record(session: Session, kernel: Kernel, written: SharedWritten, execution_id: str | None) -> None:
    """Make a version of what a kernel uploaded; the same upload again changes nothing.

    Raises:
        BadField: the path, key, size or sum cannot be one of this kernel's uploads.
    """
    path, upload = check_shared_name(written.path), _upload_of(kernel.uid, written)
    versions = files.versions(session, kernel.owner_id, path)
    if any((version.object_key or "").endswith(f"/{upload}") for version in versions):
        return
    version = files.NewVersion(
        kernel.owner_id,
        path,
        object_key=written.key,
        size=written.size,
        sha256=written.sha256,
        promoted=False,
        execution_id=execution_id,
    )
    files.add_version(session, version, time.time())


def entries(services: Services, owner_id: int, prefix: str, gateway: str | None = None) -> list[SharedEntry]:
    """The file of that path, or all in that folder, with URLs that a kernel may read for an hour.

    Raises:
        BadField: not a path, or too many files for one answer.
        Unavailable: the database is away.
    """
    path = check_shared_name(prefix)
    with services.ledger.read() as session:
        one = files.latest(session, owner_id, path)
        rows = [*([one] if one is not None else []), *files.below(session, owner_id, path)]
    there = [row for row in rows if row.object_key is not None and not row.damaged]
    if len(there) > MOST_ENTRIES:
        raise BadField(f"{prefix!r} holds {len(there)} files; {MOST_ENTRIES} can be fetched at once")
    return [_entry(services, row, gateway) for row in there]


def promote_some(services: Services, limit: int = 20) -> None:
    """Copy versions from their kernel's prefix to the owner's, where no kernel can write, and check them.

    Raises:
        Unavailable: the store or the database is away.
    """
    with services.ledger.read() as session:
        rows = files.unpromoted(session, limit)
    for row in rows:
        _promote(services, row)


def remove_some(services: Services, promoted_before: float, limit: int = 100) -> None:
    """Remove what versions promoted before that time were copied from.

    Raises:
        Unavailable: the store or the database is away.
    """
    with services.ledger.read() as session:
        rows = files.left_over(session, promoted_before, limit)
    for row in rows:
        services.store.remove(str(row.old_key))
        with services.ledger.write() as session:
            files.cleared(session, row.id)


def _promote(services: Services, row: SharedFile) -> None:
    source = str(row.object_key)
    # The same name for the same upload: a second try, or a second worker, writes the same object.
    target = keys.owner_files_prefix(row.owner_id) + source.rsplit("/", 1)[-1]
    try:
        with suppress(NotFound):  # another worker may have been here
            services.store.copy(source, target)
        wrong = _difference(services, row, target)
    except (NotFound, StorageFailed) as error:
        wrong = error.message
    if wrong is not None:
        _damaged(services, row, wrong)
        return
    with services.ledger.write() as session:
        files.promote(session, row.id, target, time.time())


def _difference(services: Services, row: SharedFile, target: str) -> str | None:
    """What is wrong with the copy; None when it is what the kernel wrote."""
    found = services.store.stat(target)
    if found.size != row.size:
        return f"it has {found.size} bytes, not {row.size}"
    # The store compared its own with the bytes that came; of an upload in parts it has none of the whole.
    sha256 = found.sha256 or _hash(services, target)
    return None if sha256 == row.sha256 else f"its sha256 is {sha256}, not {row.sha256}"


def _hash(services: Services, key: str) -> str:
    digest = hashlib.sha256()
    with services.store.open(key) as download:
        for chunk in download:
            digest.update(chunk)
    return digest.hexdigest()


def _damaged(services: Services, row: SharedFile, why: str) -> None:
    log.error("shared file %s of owner %s is damaged: %s", row.id, row.owner_id, why)
    with services.ledger.write() as session:
        files.mark_damaged(session, row.id)


def _upload_of(uid: str, written: SharedWritten) -> str:
    prefix = f"{keys.kernel_prefix(uid)}u/"
    upload = written.key.removeprefix(prefix)
    if not written.key.startswith(prefix) or not UPLOAD.fullmatch(upload):
        raise BadField("a shared file's key is not one of its kernel's uploads")
    if not 0 <= written.size <= LARGEST_BYTES or not SHA256.fullmatch(written.sha256):
        raise BadField("a shared file's size or sum is none")
    return upload


def _entry(services: Services, row: SharedFile, gateway: str | None) -> SharedEntry:
    url = services.store.presign_get(str(row.object_key), URL_S, gateway)
    return SharedEntry(row.path, row.size, row.sha256, row.version, url)
