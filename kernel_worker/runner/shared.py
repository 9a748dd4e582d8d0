"""Shared files in the runner: fetched before they are used, handed over when the cell ends."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from broker_config.wire.errors import BadField
from broker_config.wire.frames import AskShared, HandShared, SharedReply
from broker_config.wire.names import check_shared_name
from kernel_worker.runner.inbox import Inbox
from kernel_worker.runner.logs import send_line
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.shared_index import TEMPORARY, Index, entry_of, regular_files

ANSWER_S = 30.0
MOST_HANDED = 1_000
COPY_BYTES = 1024 * 1024
READ_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class SharedFilesUnavailable(RuntimeError):
    """The store did not answer, or refused."""


class SharedFolder:
    """The folder of shared files of this kernel. ``pid`` is the runner's: forked children do not ask."""

    def __init__(self, folder: Path, outbox: Outbox, inbox: Inbox) -> None:
        self.pid = os.getpid()
        self._folder = folder
        self._outbox = outbox
        self._inbox = inbox
        self._asking = threading.Lock()
        self._index: Index | None = None
        self._leftovers = _holds_anything(folder)

    def locate(self, filename: str) -> str:
        """Body of ``flowfile.get_shared_location``; see there.

        Raises:
            ValueError, SharedFilesUnavailable
        """
        if not isinstance(filename, str):
            raise TypeError(f"a shared file's name is a str, not {type(filename).__name__}")
        try:
            path = check_shared_name(filename)
        except BadField as error:
            raise ValueError(error.message) from None
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._asking:
            self._fetch(path)
        return str(target)

    def hand_over_leftovers(self) -> None:
        """Before the first cell: what a runner that died had written."""
        if self._leftovers:
            self._leftovers = False
            self._index = Index(self._folder)
            self.hand_over()

    def hand_over(self) -> None:
        """Hand every changed file to the agent. Does nothing until shared files were used."""
        index = self._index
        if index is None:
            return
        handed = 0
        for relative, status in regular_files(self._folder):
            known = index.get(relative)
            if known is not None and known.fits(status):
                continue
            if handed >= MOST_HANDED:
                self._warn(
                    f"more than {MOST_HANDED} shared files were written: the rest follow after the next cell"
                )
                break
            handed += self._hand(index, relative)
        index.save()

    def _hand(self, index: Index, relative: str) -> bool:
        try:
            name = check_shared_name(relative)
            fd = os.open(self._folder / relative, READ_ONLY)
        except (BadField, UnicodeError) as error:
            self._warn(f"the shared file {relative!a} is not stored: {error}")
            return False
        except OSError:
            return False  # gone, or a link by now
        try:
            known = index.get(relative)
            status = os.fstat(fd)
            self._outbox.send(HandShared(name), [fd])
            index.put(relative, entry_of(status, known.version if known else 0))
        finally:
            os.close(fd)
        return True

    def _fetch(self, path: str) -> None:
        index = self._index = self._index or Index(self._folder)
        known = {p: e.version for p, e in index.below(path).items() if (self._folder / p).is_file()}
        self._inbox.drop_replies()
        self._outbox.send(AskShared(path, known))
        more = True
        while more:
            try:
                reply, fds = self._inbox.next_reply(ANSWER_S)
            except TimeoutError:
                raise SharedFilesUnavailable(
                    f"the shared file {path!r} could not be looked up: no answer within {ANSWER_S:.0f} s. "
                    "Files that are here already are unchanged; run the cell again."
                ) from None
            more = self._take(index, path, reply, fds)

    def _take(self, index: Index, asked: str, reply: SharedReply, fds: list[int]) -> bool:
        """Use one answer; whether others follow."""
        try:
            if reply.path != asked and not reply.path.startswith(f"{asked}/"):
                return True  # late, to a question of an interrupted cell
            if reply.error is not None:
                raise SharedFilesUnavailable(
                    f"the shared file {asked!r} could not be fetched: {reply.error} "
                    "Files that are here already are unchanged."
                )
            if reply.found and fds and not self._is_newer_here(index, reply.path):
                self._store(index, reply, fds[0])
            return reply.more
        finally:
            for fd in fds:
                os.close(fd)

    def _is_newer_here(self, index: Index, path: str) -> bool:
        """Whether this kernel changed the file and did not hand it over yet: that is kept."""
        known = index.get(path)
        try:
            status = (self._folder / path).lstat()
        except OSError:
            return False
        return known is None or not known.fits(status)

    def _store(self, index: Index, reply: SharedReply, source: int) -> None:
        """Copy a received file beside its place and rename it there."""
        target = self._folder / check_shared_name(reply.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f"{TEMPORARY}{os.getpid()}-{threading.get_ident()}"
        try:
            with temporary.open("wb") as copy:
                place = 0
                while sent := os.sendfile(copy.fileno(), source, place, COPY_BYTES):
                    place += sent
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        index.put(reply.path, entry_of(target.lstat(), reply.version))

    def _warn(self, text: str) -> None:
        send_line(self._outbox, text, "WARNING")


def _holds_anything(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return next(iter(os.scandir(folder)), None) is not None
    return False
