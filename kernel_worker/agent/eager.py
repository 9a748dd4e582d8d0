"""Recovery ``eager``: this kernel's artifacts are here before it says that it is ready."""

from __future__ import annotations

import logging
import os
import time

from broker_config.wire.codec import build
from broker_config.wire.errors import HuskError
from broker_config.wire.flows import KernelArtifacts, KernelFile
from kernel_worker.agent.content import Content
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.downloads import Wanted
from kernel_worker.agent.transfers import Store

LONGEST_S = 60.0
"""A start is given up after two minutes; what is not here by then is read when it is asked for."""
PATIENCE_S = 5.0
MOST_PAGES = 1_000

log = logging.getLogger(__name__)


def fetch_all(desk: Desk, store: Store, content: Content, limit_bytes: int) -> int:
    """Fetch them in the desk's order, within ``limit_bytes`` and a minute; how many are here.

    What fails is logged: the kernel is ready without it.
    """
    until = time.monotonic() + LONGEST_S
    here, left, after = 0, limit_bytes, None
    for _ in range(MOST_PAGES):
        try:
            page = desk.ask(KernelArtifacts(after))
            files = [build(KernelFile, one) for one in page["files"]]
            after = page["next"]
        except (HuskError, KeyError, TypeError) as error:
            log.warning("this kernel's artifacts are not known yet: %s", type(error).__name__)
            return here
        for file in files:
            if time.monotonic() >= until or file.size > left:
                log.warning("not all artifacts of this kernel are fetched; they are when they are read")
                return here
            left -= file.size
            here += _fetch(store, content, file)
        if after is None:
            return here
    return here


def _fetch(store: Store, content: Content, file: KernelFile) -> bool:
    fd = content.open(file.sha256)
    if fd is not None:
        os.close(fd)
        return True
    target = content.coming(file.size)
    try:
        wanted = Wanted(file.size, file.sha256, f"artifact {file.name!r}")
        store.downloads.fetch(wanted, lambda _anew: file.url, target, retry_s=PATIENCE_S)
        content.add(target, file.sha256, file.size)
    except (HuskError, OSError) as error:
        log.warning("artifact %d was not fetched: %s", file.id, type(error).__name__)
        return False
    finally:
        target.unlink(missing_ok=True)
    return True
