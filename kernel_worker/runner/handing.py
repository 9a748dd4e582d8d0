"""Changed shared files go to the agent when a cell ends; what it does not say is stored goes again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from broker_config.wire.errors import BadField
from broker_config.wire.frames import HandShared, SharedTaken
from broker_config.wire.names import check_shared_name
from kernel_worker.runner.logs import send_line
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.shared_index import Entry, Index, entry_of, regular_files

MOST_HANDED = 1_000
READ_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Handed:
    """A file as it was handed over, by the number of its handing; in which cell."""

    number: int
    entry: Entry
    cell: int


class Handing:
    """Hands over files of the shared folder. ``taken``: answers of the agent since the last call."""

    def __init__(self, folder: Path, outbox: Outbox, taken: Callable[[], list[SharedTaken]]) -> None:
        self._folder = folder
        self._outbox = outbox
        self._taken = taken
        self._cell = 0
        self._number = 0
        self._paths: dict[int, str] = {}
        self._handed: dict[str, Handed] = {}

    def begin_cell(self) -> None:
        """The cell before this one has all its answers, or will have no more."""
        self._cell += 1
        self._paths.clear()

    def note(self, index: Index | None) -> None:
        """Remember in the index what the agent says is stored."""
        for answer in self._taken():
            path = self._paths.pop(answer.number, None)
            if index is not None and path is not None and answer.sha256 is not None:
                self._stored(index, path, answer.number, answer.sha256)
        if index is not None:
            index.save()

    def _stored(self, index: Index, path: str, number: int, sha256: str) -> None:
        known = index.get(path) or Entry(0, 0, 0, 0)
        handed = self._handed.get(path)
        if handed is None or handed.number != number:
            # It was written again since: this is no more than an older version of ours.
            index.put(path, known.with_own(sha256))
            return
        del self._handed[path]
        index.put(path, handed.entry.after(known).with_own(sha256))

    def hand_over(self, index: Index, leftovers: bool = False) -> None:
        """Hand every changed file to the agent. ``leftovers``: no cell of this runner wrote them."""
        handed = 0
        for path, status in regular_files(self._folder):
            known, before = index.get(path), self._handed.get(path)
            if known is not None and known.fits(status):
                continue
            again = before is not None and before.entry.fits(status)
            if again and before is not None and before.cell == self._cell:
                continue  # its answer is still to come
            if handed >= MOST_HANDED:
                self._warn(
                    f"more than {MOST_HANDED} shared files were written: the rest follow after the next cell"
                )
                return
            handed += self._hand(path, again or leftovers)

    def _hand(self, path: str, again: bool) -> bool:
        try:
            name = check_shared_name(path)
            fd = os.open(self._folder / path, READ_ONLY)
        except (BadField, UnicodeError) as error:
            self._warn(f"the shared file {path!a} is not stored: {error}")
            return False
        except OSError:
            return False  # gone, or a link by now
        try:
            self._number += 1
            self._paths[self._number] = path
            self._handed[path] = Handed(self._number, entry_of(os.fstat(fd), 0), self._cell)
            self._outbox.send(HandShared(name, self._number, again), [fd])
        finally:
            os.close(fd)
        return True

    def _warn(self, text: str) -> None:
        send_line(self._outbox, text, "WARNING")
