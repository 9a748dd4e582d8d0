"""Shared files in the runner: fetched before they are used, handed over when the cell ends."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from broker_config.wire.errors import BadField
from broker_config.wire.frames import AskShared, SharedReply
from broker_config.wire.names import check_shared_name
from kernel_worker.runner.handing import Handing
from kernel_worker.runner.inbox import Inbox
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.shared_index import TEMPORARY, Index, entry_of

ANSWER_S = 30.0
COPY_BYTES = 1024 * 1024


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
        self._handing = Handing(folder, outbox, inbox.taken)
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

    def begin_cell(self) -> None:
        """Before a cell; before the first one hand over what a runner that died had written."""
        self._handing.begin_cell()
        if self._leftovers:
            self._leftovers = False
            self._index = Index(self._folder)
            self._handing.hand_over(self._index, leftovers=True)

    def note(self) -> None:
        """Between cells: remember what the agent says is stored."""
        self._handing.note(self._index)

    def hand_over(self) -> None:
        """After a cell: hand every changed file to the agent. Nothing until shared files were used."""
        if self._index is not None:
            self._handing.hand_over(self._index)
            self._index.save()

    def _fetch(self, path: str) -> None:
        index = self._index = self._index or Index(self._folder)
        here = {p: e for p, e in index.below(path).items() if (self._folder / p).is_file()}
        known = {p: e.version for p, e in here.items()}
        self._inbox.drop_replies()
        self._outbox.send(AskShared(path, known, {p: list(e.own) for p, e in here.items() if e.own}))
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
            elif reply.found and (mine := index.get(reply.path)) is not None and not fds:
                index.put(reply.path, mine.told(reply.version, reply.sha256))
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


def _holds_anything(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return next(iter(os.scandir(folder)), None) is not None
    return False
