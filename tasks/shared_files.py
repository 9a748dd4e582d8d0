"""Shared files of an owner: versions that kernels wrote, what a kernel may fetch, and their promotion."""

from __future__ import annotations

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
    files.add_version(
        session,
        kernel.owner_id,
        path,
        object_key=written.key,
        size=written.size,
        sha256=written.sha256,
        promoted=False,
        execution_id=execution_id,
        now=time.time(),
    )


def entries(services: Services, owner_id: int, prefix: str) -> list[SharedEntry]:
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
    return [_entry(services, row) for row in there]


def promote_some(services: Services, limit: int = 20) -> list[str]:
    """Copy versions from their kernel's prefix to the owner's, where no kernel can write.

    Returns the keys that are not needed any more, but may just be read by URLs that were given out.

    Raises:
        Unavailable: the store or the database is away.
    """
    with services.ledger.read() as session:
        rows = files.unpromoted(session, limit)
    return [str(row.object_key) for row in rows if _promote(services, row)]


def _promote(services: Services, row: SharedFile) -> bool:
    source = str(row.object_key)
    # The same name for the same upload: a second try, or a second worker, writes the same object.
    target = keys.owner_files_prefix(row.owner_id) + source.rsplit("/", 1)[-1]
    try:
        with suppress(NotFound):  # another worker may have been here
            services.store.copy(source, target)
        size = services.store.stat(target).size
    except (NotFound, StorageFailed) as error:
        return _damaged(services, row, error.message)
    if size != row.size:
        return _damaged(services, row, f"it has {size} bytes, not {row.size}")
    with services.ledger.write() as session:
        files.promote(session, row.id, target)
    return True


def _damaged(services: Services, row: SharedFile, why: str) -> bool:
    log.error("shared file %s of owner %s is damaged: %s", row.id, row.owner_id, why)
    with services.ledger.write() as session:
        files.mark_damaged(session, row.id)
        files.promote(session, row.id, str(row.object_key))
    return False


def _upload_of(uid: str, written: SharedWritten) -> str:
    prefix = f"{keys.kernel_prefix(uid)}u/"
    upload = written.key.removeprefix(prefix)
    if not written.key.startswith(prefix) or not UPLOAD.fullmatch(upload):
        raise BadField("a shared file's key is not one of its kernel's uploads")
    if not 0 <= written.size <= LARGEST_BYTES or not SHA256.fullmatch(written.sha256):
        raise BadField("a shared file's size or sum is none")
    return upload


def _entry(services: Services, row: SharedFile) -> SharedEntry:
    url = services.store.presign_get(str(row.object_key), URL_S)
    return SharedEntry(row.path, row.size, row.sha256, row.version, url)
