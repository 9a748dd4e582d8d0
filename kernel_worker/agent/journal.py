"""What this kernel has claimed and how it ended: append-only JSON lines in the agent's own folder.

No fsync: it has to outlive the agent, not the host. Two processes write it (the pool's child, and the
parent for acknowledgements and recovery): each line is one append, and a reader catches up first.
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
CLAIMS_KEPT = 20_000
BATCHES_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Claim:
    """An execution that this kernel took. ``began``: its code may have reached the runner."""

    execution_id: str
    generation: str
    at: float
    batch_id: str | None = None
    timeout_s: float | None = None
    began: bool = False


@dataclass(slots=True)
class State:
    """The journal's content in memory."""

    claimed: OrderedDict[str, None] = field(default_factory=OrderedDict)
    open: dict[str, Claim] = field(default_factory=dict)
    unacknowledged: dict[str, None] = field(default_factory=dict)
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
        self.unacknowledged[line["execution_id"]] = None
        if line.get("failed_batch"):
            self.failed_batches[line["failed_batch"]] = None
            while len(self.failed_batches) > BATCHES_KEPT:
                self.failed_batches.popitem(last=False)

    def _acknowledge(self, line: dict[str, Any]) -> None:
        for execution_id in line["execution_ids"]:
            self.unacknowledged.pop(execution_id, None)

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
        for execution_id in self.unacknowledged:
            yield {"op": "result", "execution_id": execution_id}


class Journal:
    """The journal's file, and the results that it stands for as files beside it."""

    def __init__(self, path: Path, results: Path) -> None:
        results.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._results = results
        self._lock = threading.RLock()
        self._state = State()
        self._file: int = -1
        self._inode = 0
        self._offset = 0
        self._open()

    def read(self) -> State:
        """The state now, with what the other process wrote. Not to be changed."""
        with self._lock:
            self._catch_up()
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
        # The line comes last: a file without its line is a result that was not written.
        self.result_path(execution_id).write_text(finished, encoding="ascii")
        self._write({"op": "result", "execution_id": execution_id, "failed_batch": failed_batch})

    def result_path(self, execution_id: str) -> Path:
        """Where the packed ``finished`` event of an unacknowledged result lies."""
        return self._results / f"{execution_id}.json"

    def acknowledge(self, execution_ids: list[str]) -> None:
        """The ledger has these results."""
        held = self.read().unacknowledged
        known = [execution_id for execution_id in execution_ids if execution_id in held]
        if known:
            self._write({"op": "acknowledge", "execution_ids": known})
        for execution_id in known:
            self.result_path(execution_id).unlink(missing_ok=True)

    def attached(self, generation: str) -> None:
        """This runner is the current one; how the one before ended has been said."""
        self._write({"op": "attached", "generation": generation})

    def greeted(self, generation: str) -> None:
        """This runner has said Hello."""
        self._write({"op": "greeted", "generation": generation})

    def compact(self) -> None:
        """Rewrite the file as its state. Call it with the relay lock held."""
        with self._lock:
            self._catch_up()
            new = self._path.with_suffix(".new")
            new.write_text("".join(f"{json.dumps(line)}\n" for line in self._state.lines()), "ascii")
            new.replace(self._path)
            self._open()

    def compact_if_large(self) -> None:
        """``compact`` once the file is over ``COMPACT_BYTES``; with the relay lock held."""
        if self._offset > COMPACT_BYTES:
            self.compact()

    def _open(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._inode = os.fstat(self._file).st_ino
        self._offset = 0
        self._state = State()
        self._catch_up_here()

    def _catch_up(self) -> None:
        replaced = False
        with contextlib.suppress(FileNotFoundError):
            replaced = self._path.stat().st_ino != self._inode
        if replaced:
            self._open()
        else:
            self._catch_up_here()

    def _catch_up_here(self) -> None:
        size = os.fstat(self._file).st_size
        if size == self._offset:
            return
        data = os.pread(self._file, size - self._offset, self._offset)
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        for line in data[:whole].splitlines():
            # A torn line (the disk was full) must not stop the kernel: what it said is lost.
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                self._state.apply(json.loads(line))

    def _write(self, line: dict[str, Any]) -> None:
        with self._lock:
            self._catch_up()
            torn = os.fstat(self._file).st_size > self._offset
            os.write(self._file, b"\n" * torn + json.dumps(line).encode("ascii") + b"\n")
            self._catch_up_here()
