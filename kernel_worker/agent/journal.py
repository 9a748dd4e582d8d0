"""What this kernel has claimed and how it ended: append-only JSON lines in the agent's own folder.

No fsync: it has to outlive the agent, not the host. One process writes it, from several threads: each line is
one append, and what is in memory is what the file says.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMPACT_BYTES = 4 * 1024 * 1024
SHORT_BYTES, MOST_SHORT_BYTES = 8 * 1024, 1024 * 1024
"""Results up to so many bytes, so many bytes of them at a time, lie in the journal's own lines. A file for
each would be made and removed with every cell, and to make one ext4 passes over each that was removed within
minutes.
"""
CLAIMS_KEPT = 20_000
BATCHES_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Claim:
    """An execution that this kernel took. ``began``: its code may have reached the runner.

    ``must_publish``: a node that declares outputs.
    """

    execution_id: str
    generation: str
    at: float
    batch_id: str | None = None
    timeout_s: float | None = None
    began: bool = False
    interactive: bool = True
    flow_id: str = ""
    node_id: str | None = None
    run_id: str | None = None
    must_publish: bool = False


@dataclass(slots=True)
class State:
    """The journal's content in memory."""

    claimed: OrderedDict[str, None] = field(default_factory=OrderedDict)
    open: dict[str, Claim] = field(default_factory=dict)
    unacknowledged: dict[str, str | None] = field(default_factory=dict)
    """With their ``finished`` events; None: it lies in a file of its own."""
    short_bytes: int = 0
    failed_batches: OrderedDict[str, None] = field(default_factory=OrderedDict)
    attached: str | None = None
    greeted: str | None = None

    def apply(self, line: dict[str, Any]) -> None:
        """One line of the file. Unknown ones (of a newer agent) are passed over."""
        handler = getattr(self, f"_{line.get('op')}", None)
        if handler is not None:
            handler(line)

    def _claim(self, line: dict[str, Any]) -> None:
        claim = Claim(**{name: line[name] for name in Claim.__slots__ if name in line})
        self.claimed[claim.execution_id] = None
        self.open[claim.execution_id] = claim
        while len(self.claimed) > CLAIMS_KEPT:
            self.claimed.popitem(last=False)

    def _begin(self, line: dict[str, Any]) -> None:
        claim = self.open.get(line["execution_id"])
        if claim is not None:
            values = {name: getattr(claim, name) for name in Claim.__slots__}
            self.open[claim.execution_id] = Claim(**{**values, "began": True})

    def _drop(self, line: dict[str, Any]) -> None:
        self.open.pop(line["execution_id"], None)
        self.claimed.pop(line["execution_id"], None)

    def _result(self, line: dict[str, Any]) -> None:
        self.open.pop(line["execution_id"], None)
        self.claimed[line["execution_id"]] = None
        self._let_go(line["execution_id"])
        finished = line.get("finished")
        self.unacknowledged[line["execution_id"]] = finished
        self.short_bytes += len(finished or "")
        if line.get("failed_batch"):
            self.failed_batches[line["failed_batch"]] = None
            while len(self.failed_batches) > BATCHES_KEPT:
                self.failed_batches.popitem(last=False)

    def _acknowledge(self, line: dict[str, Any]) -> None:
        for execution_id in line["execution_ids"]:
            self._let_go(execution_id)

    def _let_go(self, execution_id: str) -> None:
        self.short_bytes -= len(self.unacknowledged.pop(execution_id, None) or "")

    def _known(self, line: dict[str, Any]) -> None:
        self.claimed.update(dict.fromkeys(line["execution_ids"]))

    def _batches(self, line: dict[str, Any]) -> None:
        self.failed_batches.update(dict.fromkeys(line["batch_ids"]))

    def _attached(self, line: dict[str, Any]) -> None:
        self.attached = line["generation"]

    def _greeted(self, line: dict[str, Any]) -> None:
        self.greeted = line["generation"]

    def lines(self) -> Iterator[dict[str, Any]]:
        """Lines that make this state again."""
        yield {"op": "known", "execution_ids": list(self.claimed)}
        yield {"op": "batches", "batch_ids": list(self.failed_batches)}
        if self.attached:
            yield {"op": "attached", "generation": self.attached}
        if self.greeted:
            yield {"op": "greeted", "generation": self.greeted}
        for claim in self.open.values():
            yield {"op": "claim", **{name: getattr(claim, name) for name in Claim.__slots__}}
        for execution_id, finished in self.unacknowledged.items():
            yield {"op": "result", "execution_id": execution_id, "finished": finished}


class Journal:
    """The journal's file, and large results that it stands for as files beside it. Safe in threads."""

    def __init__(self, path: Path, results: Path) -> None:
        results.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._results = results
        self._lock = threading.Lock()
        self._state = State()
        self._file = _open(path)
        self._size = 0
        self._torn = False
        self._load(path.read_bytes())

    def read(self) -> State:
        """The state now. Not to be changed; other threads change it: copy what is walked through."""
        return self._state

    def claim(self, claim: Claim) -> None:
        """Note that this execution is being claimed; before anything else is done with it."""
        self._write({"op": "claim", **{name: getattr(claim, name) for name in Claim.__slots__}})

    def begin(self, execution_id: str) -> None:
        """Its code is about to be sent to the runner."""
        self._write({"op": "begin", "execution_id": execution_id})

    def drop(self, execution_id: str) -> None:
        """The claim was lost to somebody else."""
        self._write({"op": "drop", "execution_id": execution_id})

    def result(self, execution_id: str, finished: str, failed_batch: str | None) -> None:
        """Keep the packed ``finished`` event until it is acknowledged."""
        line = {"op": "result", "execution_id": execution_id, "failed_batch": failed_batch}
        if len(finished) <= SHORT_BYTES and self._state.short_bytes + len(finished) <= MOST_SHORT_BYTES:
            self._write({**line, "finished": finished})
            return
        # The line comes last: a file without its line is a result that was not written.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        file = os.open(self._result_name(execution_id), flags, 0o600)
        try:
            _write_whole(file, finished.encode("ascii"))
        finally:
            os.close(file)
        self._write(line)

    def remember_result(self, execution_id: str, failed_batch: str | None) -> None:
        """Of a result that could not be written: this process holds the execution for ended all the same."""
        with contextlib.suppress(OSError):
            self._result_path(execution_id).unlink(missing_ok=True)  # half of one must not be sent again
        with self._lock:
            line = {"op": "result", "execution_id": execution_id, "failed_batch": failed_batch}
            self._state.apply(line)

    def kept_result(self, execution_id: str) -> str:
        """The packed ``finished`` event of an unacknowledged result.

        Raises:
            FileNotFoundError: it is acknowledged; or could not be written, which was said.
            OSError: it cannot be read.
        """
        finished = self._state.unacknowledged.get(execution_id)
        return self._result_path(execution_id).read_text("ascii") if finished is None else finished

    def _result_path(self, execution_id: str) -> Path:
        return Path(self._result_name(execution_id))

    def _result_name(self, execution_id: str) -> str:
        return f"{self._results}/{execution_id}.json"

    def acknowledge(self, execution_ids: list[str]) -> None:
        """The ledger has these results."""
        held = self._state.unacknowledged
        known = {execution_id: held[execution_id] for execution_id in execution_ids if execution_id in held}
        if known:
            self._write({"op": "acknowledge", "execution_ids": list(known)})
        for execution_id, finished in known.items():
            if finished is None:
                self._result_path(execution_id).unlink(missing_ok=True)

    def attached(self, generation: str) -> None:
        """This runner is the current one; how the one before ended has been said."""
        self._write({"op": "attached", "generation": generation})

    def greeted(self, generation: str) -> None:
        """This runner has said Hello."""
        self._write({"op": "greeted", "generation": generation})

    def compact(self) -> None:
        """Rewrite the file as its state."""
        with self._lock:
            new = self._path.with_suffix(".new")
            text = "".join(f"{json.dumps(line)}\n" for line in self._state.lines())
            new.write_text(text, "ascii")
            new.replace(self._path)
            os.close(self._file)
            self._file, self._size, self._torn = _open(self._path), len(text), False

    def compact_if_large(self) -> None:
        """``compact`` once the file is over ``COMPACT_BYTES``."""
        if self._size > COMPACT_BYTES:
            self.compact()

    def _load(self, data: bytes) -> None:
        self._size, self._torn = len(data), bool(data) and not data.endswith(b"\n")
        for line in data.splitlines():
            # A torn line (the disk was full) must not stop the kernel: what it said is lost.
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                self._state.apply(json.loads(line))

    def _write(self, line: dict[str, Any]) -> None:
        """Raises ``OSError`` when the disk is full; then the line is not said."""
        data = json.dumps(line).encode("ascii") + b"\n"
        with self._lock:
            if self._torn:
                data = b"\n" + data
            self._torn = True
            _write_whole(self._file, data)
            self._torn = False
            self._size += len(data)
            self._state.apply(line)


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _write_whole(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
