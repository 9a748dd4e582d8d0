"""What an execution asked, published and deleted, in a file that outlives the agent. JSON lines.

An agent that adopts the execution reads it and goes on: uploads what is left, answers what is open,
finalizes. No fsync: it has to outlive the agent, not the host.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broker_config.wire.codec import build, plain
from broker_config.wire.flows import PublishArtifact, PublishOutput, StoredObject
from broker_config.wire.frames import Done
from kernel_worker.agent.board import Board
from kernel_worker.agent.published import Published, StagedFile
from kernel_worker.agent.refusals import Refused

SUFFIX = ".staging"
EMPTIED = f"emptied{SUFFIX}"
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC

log = logging.getLogger(__name__)


@dataclass(slots=True)
class OpenCall:
    """A call that a dead agent took. ``answer``: it was done, and this is what it said.

    ``parted``: some of its answers are out. ``args`` None: its descriptor is gone with that agent.
    """

    number: int
    kind: str
    args: dict[str, Any] | None
    answer: dict[str, Any] | None = None
    parted: bool = False


@dataclass(slots=True)
class Left:
    """What a dead agent left of an execution. ``done``: its runner had said how it ended, in time or not."""

    files: dict[str, StagedFile] = field(default_factory=dict)
    calls: dict[int, OpenCall] = field(default_factory=dict)
    done: Done | None = None
    timed_out: bool = False


class Staging:
    """The file of one execution, there with its first line. Safe in threads.

    A file that is done with is emptied and taken by the next execution, as in ``spool``.
    """

    def __init__(self, folder: Path, execution_id: str) -> None:
        self.folder = folder
        self.path = folder / f"{execution_id}{SUFFIX}"
        self._lock = threading.Lock()
        self._file = -1
        self._removed = False

    def called(self, number: int, kind: str, args: dict[str, Any] | None) -> None:
        """A call was taken. ``args`` where it can be done again."""
        self._add({"op": "called", "number": number, "kind": kind, "args": args})

    def answered(self, number: int, more: bool) -> None:
        """It is about to be answered; ``more``: not for the last time."""
        self._note({"op": "parted" if more else "answered", "number": number})

    def published(self, one: Published, what: str) -> None:
        """An output or an artifact is here as a file. ``what``: ``output`` or ``artifact``.

        Raises:
            Refused: its description is not JSON.
        """
        file = {"file": one.file.name, "size": one.file.size, "what": one.file.what}
        try:
            line = {"op": what, "number": one.number, "args": plain(one.args), "at": one.at, **file}
            self._add(line)
        except (ValueError, TypeError, RecursionError):
            raise Refused("ValueError", f"the description of {one.file.what} is not JSON") from None

    def deleted(self, number: int, name: str, existed: bool) -> None:
        """An artifact is deleted; ``existed`` before this execution."""
        self._note({"op": "deleted", "number": number, "name": name, "existed": existed})

    def stored(self, file: StagedFile) -> None:
        """A file is in the store, or (``failure``) will not be."""
        self._note({"op": "stored", "file": file.name, "as": plain(file.stored), "failure": file.failure})

    def done(self, done: Done, timed_out: bool) -> None:
        """The runner said how it ended: nobody hears that again."""
        self._note({"op": "done", "done": plain(done), "timed_out": timed_out})

    def load(self, board: Board) -> Left:
        """Bring the board to where the dead agent's was."""
        left = Left()
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return left
        for text in lines:
            try:
                line = json.loads(text)
                _APPLY[line["op"]](left, board, line)
            except (ValueError, KeyError, TypeError):
                continue  # torn as its writer died: nobody was told that it is there
        return left

    def remove(self) -> None:
        """Close the file and let go of it. An upload or a call that ends after this leaves none behind."""
        with self._lock:
            self._removed = True
            empty = False
            if self._file >= 0:
                with suppress(OSError):
                    os.ftruncate(self._file, 0)
                    self.path.rename(self.folder / EMPTIED)
                    empty = True
                os.close(self._file)
                self._file = -1
            if not empty:
                self.path.unlink(missing_ok=True)

    def _note(self, line: dict[str, Any]) -> None:
        """What only an adopter needs: where the disk is full, this agent goes on without."""
        try:
            self._add(line)
        except (OSError, ValueError, TypeError, RecursionError) as error:
            log.warning("an adopter will not know: %s", type(error).__name__)

    def _add(self, line: dict[str, Any]) -> None:
        data = json.dumps(line, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
        with self._lock:
            if self._removed:
                return
            if self._file < 0:
                self._file = self._open()
                if os.fstat(self._file).st_size:
                    data = b"\n" + data  # the last line may be torn
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]

    def _open(self) -> int:
        with suppress(FileNotFoundError):
            return os.open(self.path, FLAGS)  # it is gone on with
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with suppress(OSError):
            (self.folder / EMPTIED).rename(self.path)
        return os.open(self.path, FLAGS | os.O_CREAT, 0o600)


def _called(left: Left, _board: Board, line: dict[str, Any]) -> None:
    left.calls[line["number"]] = OpenCall(line["number"], line["kind"], line["args"])


def _answered(left: Left, _board: Board, line: dict[str, Any]) -> None:
    left.calls.pop(line["number"], None)


def _parted(left: Left, _board: Board, line: dict[str, Any]) -> None:
    left.calls[line["number"]].parted = True


def _output(left: Left, board: Board, line: dict[str, Any]) -> None:
    one = _published(left, line, PublishOutput)
    _is_done(left, line, {"replaced": board.write(one), "saved": True})


def _artifact(left: Left, board: Board, line: dict[str, Any]) -> None:
    board.publish(_published(left, line, PublishArtifact))
    _is_done(left, line, {})


def _published(left: Left, line: dict[str, Any], kind: type) -> Published:
    file = StagedFile(line["file"], line["size"], line["what"])
    left.files[file.name] = file
    return Published(line["number"], build(kind, line["args"]), line["at"], file)


def _deleted(left: Left, board: Board, line: dict[str, Any]) -> None:
    board.note_deleted(line["name"], existed=line["existed"])
    _is_done(left, line, {})


def _is_done(left: Left, line: dict[str, Any], answer: dict[str, Any]) -> None:
    call = left.calls.get(line["number"])
    if call is not None:
        call.answer = answer


def _stored(left: Left, _board: Board, line: dict[str, Any]) -> None:
    file = left.files[line["file"]]
    file.stored = build(StoredObject, line["as"]) if line["as"] is not None else None
    file.failure = line["failure"]


def _done(left: Left, _board: Board, line: dict[str, Any]) -> None:
    left.done, left.timed_out = build(Done, line["done"]), bool(line["timed_out"])


_APPLY: dict[str, Callable[[Left, Board, dict[str, Any]], None]] = {
    "called": _called,
    "answered": _answered,
    "parted": _parted,
    "output": _output,
    "artifact": _artifact,
    "deleted": _deleted,
    "stored": _stored,
    "done": _done,
}
