"""Shared files between a running cell and the store: fetch what is newer, take what the cell wrote."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from broker_config.wire.errors import HuskError, StorageFailed
from broker_config.wire.events import SharedWritten
from broker_config.wire.frames import AskShared, Channel, HandShared, SharedReply, SharedTaken
from broker_config.wire.messages import SharedEntry
from broker_config.wire.names import check_shared_name
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.guard import without_values
from kernel_worker.agent.transfers import Store

LARGEST_BYTES = 5 * 1024**3
AGAIN_S = 1.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SharedFiles:
    """Shared files of one execution. ``runner_uid`` None: runner and agent are one user.

    ``flush``: whether all that was emitted is in Redis. ``tell`` puts a sentence into the cell's log.
    """

    channel: Channel
    desk: Desk
    store: Store
    spool: Path
    runner_uid: int | None
    emit: Callable[[Any], object]
    flush: Callable[[], bool]
    tell: Callable[[str], None]
    failures: list[str] = field(default_factory=list)
    _taken: list[SharedTaken] = field(default_factory=list)
    _away: bool = False

    def fetch(self, ask: AskShared) -> None:
        """Answer an ``AskShared``: every file that is newer than the runner's, or that there is none."""
        try:
            path = check_shared_name(ask.path)
            entries = [e for e in self.desk.shared(path) if _below(e.path, path)]
            newer = [e for e in entries if e.version > ask.known.get(e.path, 0)]
            for number, entry in enumerate(newer, 1):
                more = number < len(newer)
                if entry.sha256 in ask.own.get(entry.path, ()):
                    self._say_own(entry, more)
                else:
                    self._send(entry, more)
        except HuskError as error:
            self.channel.send(SharedReply(ask.path, found=False, error=error.message))
        else:
            if not newer:
                self.channel.send(SharedReply(ask.path, found=False))

    def _say_own(self, entry: SharedEntry, more: bool) -> None:
        found = SharedReply(entry.path, True, version=entry.version, more=more, sha256=entry.sha256)
        self.channel.send(found)

    def _send(self, entry: SharedEntry, more: bool) -> None:
        handle, name = mkstemp(dir=self.spool, prefix="shared-")
        target = Path(name)
        try:
            self.store.download(entry, target)
            # Read-only for the runner: the agent's own descriptor could write.
            readable = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
            try:
                reply = SharedReply(entry.path, found=True, version=entry.version, more=more)
                self.channel.send(reply, [readable])
            finally:
                os.close(readable)
        finally:
            os.close(handle)
            target.unlink(missing_ok=True)

    def take(self, hand: HandShared, fds: list[int]) -> None:
        """Upload what a ``HandShared`` brought and say so; failures end the execution as failed.

        Failures with what an earlier cell wrote are told; while the store is away only one of those is tried.
        """
        sha256 = None
        try:
            if not (hand.again and self._away):
                sha256 = self._upload(hand, fds)
        except HuskError as error:
            self._failed(hand, error.message)
        except OSError as error:
            self._failed(hand, f"shared file {hand.path[:200]!r} could not be read: {error.strerror}")
        except Exception as error:
            log.error("an upload failed: %s", without_values(error))
            self._failed(hand, f"shared file {hand.path[:200]!r} could not be stored: {type(error).__name__}")
        finally:
            for fd in fds:
                os.close(fd)
        self._taken.append(SharedTaken(hand.number, sha256))

    def acknowledge(self) -> None:
        """After the cell: tell the runner what is stored. What it is not told, it hands over again.

        Not while its event waits for a Redis that is away: it would be lost with this process.
        """
        if not self._taken or not self.flush():
            return
        try:
            for taken in self._taken:
                self.channel.send(taken)
        except OSError as error:
            log.info("the runner was not told what is stored: %s", type(error).__name__)

    def _upload(self, hand: HandShared, fds: list[int]) -> str:
        path = check_shared_name(hand.path)
        if len(fds) != 1:
            raise StorageFailed(f"shared file {path!r} came without its descriptor")
        size = self._checked(path, fds[0])
        # One file waits for the store; the others of a cell that failed so do not each wait again.
        retry_s = AGAIN_S if hand.again or self._away else None
        try:
            with open(fds[0], "rb", closefd=False) as file:
                uploaded = self.store.upload(file, size, f"shared file {path!r}", retry_s)
        except HuskError:
            self._away = True
            raise
        self.emit(SharedWritten(path, uploaded.key, uploaded.size, uploaded.sha256))
        return uploaded.sha256

    def _failed(self, hand: HandShared, sentence: str) -> None:
        if hand.again:
            self.tell(f"{sentence} (an earlier cell wrote it)")
        else:
            self.failures.append(sentence)

    def _checked(self, path: str, fd: int) -> int:
        """Size of a file that may be taken: regular, one link, the runner's own."""
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise StorageFailed(
                f"shared file {path!r} is not a regular file with one name; it was not stored"
            )
        if self.runner_uid is not None and found.st_uid != self.runner_uid:
            raise StorageFailed(f"shared file {path!r} does not belong to the kernel; it was not stored")
        if found.st_size > LARGEST_BYTES:
            raise StorageFailed(
                f"shared file {path!r} has {found.st_size} bytes, {LARGEST_BYTES} are allowed"
            )
        return found.st_size


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
