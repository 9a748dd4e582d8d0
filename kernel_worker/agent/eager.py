"""Recovery ``eager``: this kernel's artifacts are here, and loaded, before it says that it is ready.

What the runner has loaded is handed to the first that reads it; later reads load it anew, since each gets an
object of its own.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from broker_config.wire.codec import build
from broker_config.wire.errors import HuskError
from broker_config.wire.flows import KernelArtifacts, KernelFile
from broker_config.wire.frames import Question, Reply
from kernel_worker.agent.content import Content
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.downloads import Wanted
from kernel_worker.agent.transfers import Store

LONGEST_S = 60.0
"""A start is given up after two minutes; what is not here by then is read when it is asked for."""
PATIENCE_S = 5.0
MOST_PAGES = 1_000
LOADED_SHARE = 4
"""Files of up to a quarter of the kernel's memory are loaded: objects may be larger than their files."""

log = logging.getLogger(__name__)


class Asks(Protocol):
    """Asks the runner, and waits for what it says; an error where it does not in time."""

    def __call__(self, question: Question, fds: Sequence[int], timeout_s: float) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Eager:
    """Of one start. ``memory_bytes``: the kernel's; ``content_bytes``: what its disk keeps."""

    desk: Desk
    store: Store
    content: Content
    content_bytes: int
    memory_bytes: int
    ask: Asks

    def begin(self) -> None:
        """Fetch in the desk's order, load what fits, within a minute.

        What fails is logged: the kernel is ready without it.
        """
        until = time.monotonic() + LONGEST_S
        left, here, loaded = self.memory_bytes // LOADED_SHARE, 0, 0
        for file in self._fetched(until):
            here += 1
            if file.size <= left and self._load(file, until - time.monotonic()):
                left -= file.size
                loaded += 1
        log.info("%d artifacts of this kernel are here, %d of them loaded", here, loaded)

    def _fetched(self, until: float) -> Iterator[KernelFile]:
        left, after = self.content_bytes, None
        for _ in range(MOST_PAGES):
            try:
                page = self.desk.ask(KernelArtifacts(after))
                files = [build(KernelFile, one) for one in page["files"]]
                after = page["next"]
            except (HuskError, KeyError, TypeError) as error:
                log.warning("this kernel's artifacts are not known yet: %s", type(error).__name__)
                return
            for file in files:
                if time.monotonic() >= until or file.size > left:
                    log.warning("not all artifacts of this kernel are fetched; they are when they are read")
                    return
                if self._fetch(file):
                    left -= file.size
                    yield file
            if after is None:
                return

    def _fetch(self, file: KernelFile) -> bool:
        fd = self.content.open(file.sha256)
        if fd is not None:
            os.close(fd)
            return True
        target = self.content.coming(file.size)
        try:
            wanted = Wanted(file.size, file.sha256, f"artifact {file.name!r}")
            self.store.downloads.fetch(wanted, lambda _anew: file.url, target, retry_s=PATIENCE_S)
            self.content.add(target, file.sha256, file.size)
        except (HuskError, OSError) as error:
            log.warning("artifact %d was not fetched: %s", file.id, type(error).__name__)
            return False
        finally:
            target.unlink(missing_ok=True)
        return True

    def _load(self, file: KernelFile, left_s: float) -> bool:
        fd = self.content.open(file.sha256)
        if fd is None or left_s <= 0:
            return False
        args = {"sha256": file.sha256, "format": file.format, "meta": file.meta}
        try:
            reply = self.ask(Question(secrets.token_hex(8), "load", args), [fd], left_s)
        finally:
            os.close(fd)
        if reply.error is not None:
            log.warning("artifact %d was not loaded; it is when it is read", file.id)
        return reply.data.get("loaded") is True
