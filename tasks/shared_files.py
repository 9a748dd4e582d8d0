"""Shared files of an owner: versions that kernels wrote, what a kernel may fetch, and their promotion."""

from __future__ import annotations

import re
import time

from broker_config.wire.errors import BadField
from broker_config.wire.events import SharedWritten
from broker_config.wire.messages import SharedEntry
from broker_config.wire.names import check_shared_name
from tasks.ledger import files
from tasks.ledger.models import Kernel, SharedFile
from tasks.ledger.session import Session
from tasks.objects import keys
from tasks.promotion import Moving, promote
from tasks.services import Services

SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
UPLOAD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
LARGEST_BYTES = 5 * 1024**3
URL_S = 3600.0
MOST_ENTRIES = 2_000


def record(session: Session, kernel: Kernel, written: SharedWritten, execution_id: str | None) -> None:
    """Make a version of what a kernel uploaded; the same upload again changes nothing.

    Raises:
        BadField: the path, key, size or sum cannot be one of this kernel's uploads.
    """
    path, upload = check_shared_name(written.path), _upload_of(kernel.uid, written)
    versions = files.versions(session, kernel.owner_id, path)
    # As it was uploaded, as it was promoted, and as earlier releases promoted it.
    known = (written.key, f"/{keys.of_upload(written.key)}", f"files/{upload}")
    if any((version.object_key or "").endswith(known) for version in versions):
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
    promote(services, map(_moving, rows))


def _moving(row: SharedFile) -> Moving:
    source = str(row.object_key)
    # The same name for the same upload: a second try, or a second worker, writes the same object.
    target = keys.owner_files_prefix(row.owner_id) + keys.of_upload(source)
    return Moving(
        what=f"shared file {row.id} of owner {row.owner_id}",
        source=source,
        target=target,
        size=row.size,
        sha256=row.sha256,
        moved=lambda session: files.promote(session, row.id, target, time.time()),
        damaged=lambda session: files.mark_damaged(session, row.id),
    )


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
