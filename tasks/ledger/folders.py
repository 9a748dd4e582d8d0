"""Shared files as a browser of folders shows them: what is directly below a prefix."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tasks.ledger import pages
from tasks.ledger.models import SharedFile

SEPARATOR = "/"
BEHIND = chr(ord(SEPARATOR) + 1)
BATCH = 200
FIRST = 8
"""Rows that are read where it is not known whether more than one of them is wanted: behind a folder."""


def page(
    s: Session, owner_id: int, prefix: str, after: str | None, limit: int
) -> tuple[list[str], list[SharedFile], str | None]:
    """Folders (their paths end in ``/``) and files directly below ``prefix``, together at most ``limit``.

    ``prefix`` is "" or ends in ``/``. What is in a folder is skipped, not read.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    begin = prefix if after is None else _behind(pages.decode(after, str)[0])
    folders: list[str] = []
    rows: list[SharedFile] = []
    last = ""
    for entry in _entries(s, owner_id, prefix, begin):
        if len(folders) + len(rows) == limit:
            return folders, rows, pages.encode([last])
        if isinstance(entry, str):
            folders.append(entry)
            last = entry
        else:
            rows.append(entry)
            last = entry.path
    return folders, rows, None


def _behind(path: str) -> str:
    """The lowest path that may come after an entry."""
    return path[:-1] + BEHIND if path.endswith(SEPARATOR) else path + "\x01"


def _entries(s: Session, owner_id: int, prefix: str, begin: str) -> Iterator[SharedFile | str]:
    size = FIRST
    while batch := _batch(s, owner_id, prefix, begin, size):
        size = min(2 * size, BATCH)
        for row in batch:
            if row.path < begin:
                size = FIRST
                continue
            below, separator, _ = row.path[len(prefix) :].partition(SEPARATOR)
            entry = row if not separator else f"{prefix}{below}{SEPARATOR}"
            yield entry
            begin = _behind(entry if isinstance(entry, str) else row.path)


def _batch(s: Session, owner_id: int, prefix: str, begin: str, size: int) -> list[SharedFile]:
    query = select(SharedFile).where(
        SharedFile.owner_id == owner_id,
        SharedFile.latest,
        SharedFile.object_key.is_not(None),
        SharedFile.path >= begin,
        # By bytes: LIKE ignores case on SQLite and knows wildcards.
        func.substr(SharedFile.path, 1, len(prefix)) == prefix,
    )
    return list(s.scalars(query.order_by(SharedFile.path).limit(size)))
