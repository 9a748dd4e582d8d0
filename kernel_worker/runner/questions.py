"""Answers to completions, inspections and lists of variables, while a cell may run.

Answering runs user code (``__dir__``, ``__repr__``, properties), which may never return: each answer
has a thread, a deadline, and a substitute.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from broker_config.wire.frames import Channel, Question, Reply
from kernel_worker.runner.completion import complete
from kernel_worker.runner.inspection import inspect, signature
from kernel_worker.runner.live import Live
from kernel_worker.runner.loaded import Loaded
from kernel_worker.runner.reluctant import Reluctant
from kernel_worker.runner.shell import FlowShell
from kernel_worker.runner.static import Static
from kernel_worker.runner.text import safe_str
from kernel_worker.runner.threads import Threads, raise_in
from kernel_worker.runner.variables import Listing

ANSWER_S = 2.0
LOAD_S = 60.0
MOST_STUCK = 4
PLACES: dict[str, Callable[[Live, str, int, Static], dict[str, Any]]] = {
    **{"complete": complete, "inspect": inspect, "signature": signature},
}
LATE = "the answer took too long; an object's own code may be stuck"


@dataclass(slots=True)
class Job:
    """One question that is being answered. Whoever sets ``settled`` first sends the reply."""

    question: Question
    deadline: float
    substitute: Callable[[], dict[str, Any] | None]
    settled: bool = False
    thread: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def settle(self) -> bool:
        """True for the first caller."""
        with self.lock:
            first, self.settled = not self.settled, True
            return first


class Answerer:
    """Starts a thread per question; ``find`` gives the shell of a flow, ``helper`` any."""

    def __init__(
        self,
        channel: Channel,
        threads: Threads,
        find: Callable[[str], FlowShell | None],
        helper: Callable[[], FlowShell | None],
        loaded: Loaded,
    ) -> None:
        self._channel = channel
        self._threads = threads
        self._find = find
        self._helper = helper
        self._loaded = loaded
        self._static = Static(threads)
        self._reluctant = Reluctant()
        self._jobs: list[Job] = []
        self._stuck: list[threading.Thread] = []

    def ask(self, question: Question) -> None:
        """Begin to answer. Control thread."""
        self._stuck = [thread for thread in self._stuck if thread.is_alive()]
        if len(self._stuck) >= MOST_STUCK:
            self._channel.send(Reply(question.request, {}, LATE))
            return
        shell = self._find(safe_str(question.args.get("flow_id", "")))
        work, substitute = self._work(question, shell)
        self._start(Job(question, monotonic() + ANSWER_S, substitute), work)

    def load(self, question: Question, fd: int) -> None:
        """Begin to load an artifact from a file, which is taken over. Control thread."""
        asked = question.args
        sha256, fmt = safe_str(asked.get("sha256", "")), safe_str(asked.get("format", ""))
        meta = asked.get("meta")
        about = meta if isinstance(meta, dict) else {}
        job = Job(question, monotonic() + LOAD_S, lambda: None)
        self._start(job, lambda: self._loaded.load(fd, sha256, fmt, about))

    def _start(self, job: Job, work: Callable[[], dict[str, Any]]) -> None:
        self._jobs.append(job)
        job.thread = self._threads.start(self._answer, job, work)

    def wait_s(self) -> float | None:
        """Seconds until the next deadline; None without one."""
        self._jobs = [job for job in self._jobs if not job.settled]
        return max(0.0, min(job.deadline for job in self._jobs) - monotonic()) if self._jobs else None

    def give_up_on_late(self, now: float) -> None:
        """Send the substitute for every answer whose time is over, and try to end its thread."""
        for job in self._jobs:
            if now >= job.deadline and job.settle():
                if job.thread is not None:
                    self._reluctant.blame(job.thread)
                data = job.substitute()
                self._channel.send(
                    Reply(job.question.request, data or {}, None if data is not None else LATE)
                )
                if job.thread is not None:
                    self._stuck.append(job.thread)
                    raise_in(job.thread)

    def _answer(self, job: Job, work: Callable[[], dict[str, Any]]) -> None:
        try:
            reply = Reply(job.question.request, work())
        except BaseException as error:  # user code's, or ours to end this thread
            reply = Reply(job.question.request, {}, f"{type(error).__name__}: {safe_str(error)}")
        if job.settle():
            try:
                self._channel.send(reply)
            except OSError:
                return  # the agent is gone, and with it who asked

    def _work(
        self, question: Question, shell: FlowShell | None
    ) -> tuple[Callable[[], dict[str, Any]], Callable[[], dict[str, Any] | None]]:
        """What answers a question, and what is said when that takes too long (None: an error)."""
        code, cursor = question.args.get("code", ""), question.args.get("cursor", 0)
        if question.kind == "variables":
            listing = Listing(shell, self._reluctant)
            return listing.make, listing.so_far
        answer = PLACES.get(question.kind)
        if answer is None or not isinstance(code, str) or not isinstance(cursor, int):
            return lambda: {}, lambda: None
        live = Live(shell, self._helper(), self._reluctant)
        return lambda: answer(live, code, cursor, self._static), lambda: None
