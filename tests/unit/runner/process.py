"""A real runner process, driven as the agent drives it."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from broker_config.wire.frames import (
    STDERR,
    STDOUT,
    AskShared,
    Call,
    Channel,
    Done,
    Execute,
    Frame,
    HandShared,
    Hello,
    InterruptCell,
    LogLine,
    Question,
    Reply,
    SharedReply,
    SharedTaken,
    Show,
    pair,
)
from tests.unit.runner.board import Board

NAMES = {STDOUT: "stdout", STDERR: "stderr"}
PATIENCE_S = 30.0


@dataclass
class Ran:
    """What came of one cell: everything in order, and its end."""

    frames: list[Any] = field(default_factory=list)
    handed: dict[str, bytes] = field(default_factory=dict)
    done: Done | None = None
    handings: list[HandShared] = field(default_factory=list)
    answers: list[SharedTaken] = field(default_factory=list)

    @property
    def end(self) -> Done:
        assert self.done is not None, "the runner is gone"
        return self.done

    @property
    def stdout(self) -> str:
        return self.text("stdout")

    @property
    def stderr(self) -> str:
        return self.text("stderr")

    def text(self, name: str) -> str:
        return "".join(f[1] for f in self.frames if isinstance(f, tuple) and f[0] == name)

    def of(self, kind: type) -> list[Any]:
        return [f for f in self.frames if isinstance(f, kind)]

    @property
    def shown(self) -> list[dict[str, Any]]:
        return [f.data for f in self.of(Show)]

    @property
    def plain(self) -> list[str]:
        return [data["text/plain"] for data in self.shown]

    @property
    def logs(self) -> list[tuple[str, str]]:
        return [(f.level, f.message) for f in self.of(LogLine)]


class Runner:
    """A runner with both channels. ``store`` answers ``AskShared``: path → (version, content).

    ``takes`` says of each ``HandShared`` whether it is stored; with None nothing is said.
    """

    def __init__(self, folder: Path, namespaces: int = 20) -> None:
        self.home, self.shared = folder / "home", folder / "shared"
        for made in (self.home, self.shared):
            made.mkdir(exist_ok=True)
        cells, theirs = pair()
        control, theirs_too = pair()
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "kernel_worker.runner"),
                *("--cells", str(theirs.fileno()), "--control", str(theirs_too.fileno())),
                *("--generation", "g1", "--namespaces", str(namespaces), "--shared", str(self.shared)),
            ],
            pass_fds=[theirs.fileno(), theirs_too.fileno()],
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", "MPLBACKEND": "agg"},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        theirs_too.close()
        for end in (cells, control):
            end.settimeout(PATIENCE_S)
        self.cells, self.control = Channel(cells), Channel(control)
        self.hello: Hello = self._frame().message
        self.hello_s = time.perf_counter() - started
        self.store: dict[str, tuple[int, bytes]] = {}
        self.asked: list[AskShared] = []
        self.answers = True
        stored = folder / "stored"
        stored.mkdir(exist_ok=True)
        self.board = Board(stored)
        self.takes: Callable[[HandShared], bool | None] = lambda _hand: True
        self._ids = itertools.count()

    def new_id(self) -> str:
        return f"x{next(self._ids)}"

    def send(
        self,
        code: str,
        flow: str = "f",
        interactive: bool = True,
        epoch: int | None = None,
        node: str | None = None,
        run_id: str | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        name = self.new_id()
        self.cells.send(Execute(name, code, flow, node, interactive, epoch, run_id, parameters or {}))
        return name

    def run(
        self,
        code: str,
        flow: str = "f",
        interactive: bool = True,
        epoch: int | None = None,
        node: str | None = None,
        run_id: str | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> Ran:
        return self.collect(self.send(code, flow, interactive, epoch, node, run_id, parameters))

    def run_interrupted(self, code: str, flow: str = "f", sign: str = "") -> Ran:
        """Interrupt a cell when it printed ``sign`` (at once after its first frame if it is empty)."""
        name = self.send(f"print('begun', flush=True)\n{code}", flow)
        seen = ""
        wanted = sign or "begun"

        def watch(frame: Frame) -> None:
            nonlocal seen
            if frame.kind == STDOUT and wanted not in seen:
                seen += frame.text
                if wanted in seen:
                    self.control.send(InterruptCell(name))

        return self.collect(name, watch)

    def collect(self, execution_id: str, watch: Callable[[Frame], None] | None = None) -> Ran:
        ran = Ran()
        while ran.done is None:
            frame = self.cells.recv()
            if frame is None:
                return ran
            if watch is not None:
                watch(frame)
            if frame.kind in NAMES:
                ran.frames.append((NAMES[frame.kind], frame.text))
            else:
                self._message(frame, ran, execution_id)
            frame.close()
        return ran

    def ask(self, kind: str, **args: Any) -> Reply:
        self.control.send(Question("q", kind, args))
        frame = self.control.recv()
        assert frame is not None
        reply = frame.message
        assert isinstance(reply, Reply)
        return reply

    def close(self) -> int:
        self.cells.close()
        self.control.close()
        return self.process.wait(10)

    def _message(self, frame: Frame, ran: Ran, execution_id: str) -> None:
        message = frame.message
        if isinstance(message, Done):
            assert message.execution_id == execution_id
            ran.done = message
            for answer in ran.answers:
                self.cells.send(answer)
        elif isinstance(message, HandShared):
            with os.fdopen(frame.fds.pop(), "rb") as file:
                data = ran.handed[message.path] = file.read()
            ran.handings.append(message)
            stored = self.takes(message)
            if stored is not None:
                ran.answers.append(SharedTaken(message.number, sha256(data).hexdigest() if stored else None))
        elif isinstance(message, Call):
            self.board.take(message, frame.fds, self.cells)
        elif isinstance(message, AskShared):
            self.asked.append(message)
            if self.answers:
                self._answer(message)
        else:
            ran.frames.append(message)

    def _answer(self, ask: AskShared) -> None:
        newer = {
            path: (version, content)
            for path, (version, content) in self.store.items()
            if (path == ask.path or path.startswith(f"{ask.path}/")) and version > ask.known.get(path, 0)
        }
        for number, (path, (version, content)) in enumerate(newer.items(), 1):
            digest, more = sha256(content).hexdigest(), number < len(newer)
            if digest in ask.own.get(path, ()):
                self.cells.send(SharedReply(path, True, version=version, more=more, sha256=digest))
                continue
            with tempfile.TemporaryFile() as file:
                file.write(content)
                file.flush()
                reply = SharedReply(path, found=True, version=version, more=more)
                self.cells.send(reply, [file.fileno()])
        if not newer:
            self.cells.send(SharedReply(ask.path, found=False))

    def _frame(self) -> Frame:
        frame = self.cells.recv()
        assert frame is not None
        return frame


@contextmanager
def running(folder: Path, namespaces: int = 20) -> Iterator[Runner]:
    """A runner that ends with the block."""
    runner = Runner(folder, namespaces)
    try:
        yield runner
    finally:
        runner.cells.close()
        runner.control.close()
        try:
            runner.process.wait(5)
        except subprocess.TimeoutExpired:
            runner.process.kill()
            runner.process.wait(5)


def after(seconds: float, action: Callable[[], Any]) -> threading.Timer:
    """Do something a little later."""
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer
