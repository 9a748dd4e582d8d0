"""Objects move from the kernel that wrote them to where no kernel can write, and are checked there."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from broker_config.wire.errors import NotFound, StorageFailed
from tasks.ledger.doomed import doom
from tasks.ledger.session import Session
from tasks.services import Services

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moving:
    """One object to move. ``what`` it is, for the log; size in bytes, SHA-256 in hex.

    ``moved`` notes that it is at ``target``; ``damaged`` that its bytes are not what was written.
    """

    what: str
    source: str
    target: str
    size: int
    sha256: str
    moved: Callable[[Session], None]
    damaged: Callable[[Session], None]


def promote(services: Services, waiting: Iterable[Moving]) -> None:
    """Copy each, check it, and note what came of it. Again, or by two workers at once: the same comes of it.

    Raises:
        Unavailable: the store or the database is away.
    """
    for one in waiting:
        wrong = _copied(services, one)
        if wrong is not None:
            log.error("%s is damaged: %s", one.what, wrong)
        with services.ledger.write() as session:
            if wrong is None:
                one.moved(session)
            else:
                one.damaged(session)
                doom(session, [one.target], time.time())


def _copied(services: Services, one: Moving) -> str | None:
    """What is wrong with the copy; None when it is what the kernel wrote."""
    try:
        with suppress(NotFound):  # another worker may have been here
            services.store.copy(one.source, one.target)
        return _difference(services, one)
    except (NotFound, StorageFailed) as error:
        return error.message


def _difference(services: Services, one: Moving) -> str | None:
    found = services.store.stat(one.target)
    if found.size != one.size:
        return f"it has {found.size} bytes, not {one.size}"
    # The store compared its own with the bytes that came; of an upload in parts it has none of the whole.
    sha256 = found.sha256 or _hash(services, one.target)
    return None if sha256 == one.sha256 else f"its sha256 is {sha256}, not {one.sha256}"


def _hash(services: Services, key: str) -> str:
    digest = hashlib.sha256()
    with services.store.open(key) as download:
        for chunk in download:
            digest.update(chunk)
    return digest.hexdigest()
