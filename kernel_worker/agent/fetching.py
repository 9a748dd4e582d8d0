"""A stored file as a descriptor: from what is kept here, else from the store, with its sum checked."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from broker_config.wire.flows import ReportDamage
from kernel_worker.agent.around import Around
from kernel_worker.agent.downloads import Absent, Damaged, Wanted
from kernel_worker.agent.guard import once
from kernel_worker.agent.refusals import AWAY, Refused
from kernel_worker.agent.spares import READABLE

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file comes from: ``url(anew)`` signs; ``kind`` and ``id`` as a report of damage names it."""

    wanted: Wanted
    url: Callable[[bool], str]
    kind: str = ""
    id: int = 0


def readable(around: Around, origin: Origin) -> int:
    """A descriptor that reads the file, which the caller closes.

    Raises:
        Refused: it is damaged (``ValueError``, naming both sums), or gone.
        StorageFailed: the store did not give it in time.
    """
    fd = around.content.open(origin.wanted.sha256)
    return fd if fd is not None else _fetched(around, origin)


def _fetched(around: Around, origin: Origin) -> int:
    wanted = origin.wanted
    target = around.content.coming(wanted.size)
    try:
        try:
            around.store.downloads.fetch(wanted, origin.url, target, around.ended.is_set)
        except OSError as error:
            if error.errno != errno.ENOSPC or not around.content.make_room():
                raise
            around.store.downloads.fetch(wanted, origin.url, target, around.ended.is_set)
        target.chmod(READABLE)
        fd = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
        try:
            around.content.add(target, wanted.sha256, wanted.size)
        except OSError as error:
            log.warning("a file that was fetched is not kept: %s", error.strerror)
    except Damaged as error:
        if origin.kind:
            once("the report of a damaged file", partial(_report, around, origin, error.found))
        raise Refused("ValueError", error.message) from None
    except Absent as error:
        raise Refused(AWAY, error.message) from None
    finally:
        target.unlink(missing_ok=True)
    return fd


def _report(around: Around, origin: Origin, found: str) -> None:
    around.ask(ReportDamage(around.execution_id, origin.kind, origin.id, found))
