"""The parent's side of the runner's control channel: interrupts, questions, and the runner's end."""

from __future__ import annotations

import logging
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from broker_config.wire.codec import encode_tagged
from broker_config.wire.errors import BadMessage, Unavailable
from broker_config.wire.frames import JSON, PACKET_BYTES, Channel, Evicted, Question, Reply
from kernel_worker.agent.init_client import Attached, InitClient

ATTACH_S = 5.0
SEND_S = 1.0
POLL_MS = 250
ANSWER_S = 5.0
MOST_WAITING = 200
LATE = "the kernel's process did not answer in time"

log = logging.getLogger(__name__)

Answered = Callable[[Reply], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits for a reply, and until when (monotonic)."""

    answered: Answered
    until: float


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told what the runner does; called from the control thread."""

    attached: Callable[[str, int], None]
    greeted: Callable[[str], None]
    evicted: Callable[[Evicted], None]
    was_greeted: Callable[[str], bool]


class RunnerControl:
    """Always attached to the runner there is; one thread reads, any thread sends."""

    def __init__(self, init: InitClient, listener: Listener) -> None:
        self._init = init
        self._listener = listener
        self._attached: Attached | None = None
        self._channel: Channel | None = None
        self._awaits_hello = False
        self._waiting: dict[str, Waiting] = {}
        self._lock = threading.Lock()

    @property
    def generation(self) -> str:
        """The attached runner's; "" when there is none."""
        attached = self._attached
        return attached.generation if attached else ""

    @property
    def pid(self) -> int | None:
        """The attached runner's pid."""
        attached = self._attached
        return attached.pid if attached else None

    def send(self, message: Any, fds: Sequence[int] = ()) -> bool:
        """Send one packet to the runner; False when there is none or it does not read.

        The relay sends interrupts on the same socket: longer messages would mix with them.
        """
        channel = self._channel
        if channel is None or len(encode_tagged(message)) > PACKET_BYTES:
            return False
        try:
            channel.send(message, fds)
        except OSError:
            return False
        return True

    def ask(
        self,
        question: Question,
        answered: Answered,
        fds: Sequence[int] = (),
        timeout_s: float = ANSWER_S,
    ) -> None:
        """Ask; ``answered`` gets the reply, or an error after that time. Descriptors stay the caller's."""
        with self._lock:
            full = len(self._waiting) >= MOST_WAITING
            if not full:
                self._waiting[question.request] = Waiting(answered, time.monotonic() + timeout_s)
        if full or not self.send(question, fds):
            with self._lock:
                self._waiting.pop(question.request, None)
            answered(Reply(question.request, {}, "the kernel's process cannot be asked now"))

    def running(self, timeout_s: float = ANSWER_S) -> str | None:
        """The execution that the runner runs: its id, "" for none, None when it does not say."""
        reply = self.ask_and_wait(Question(secrets.token_hex(8), "ping", {}), (), timeout_s)
        if reply.error is not None:
            return None
        current = reply.data.get("execution_id")
        return current if isinstance(current, str) else ""

    def ask_and_wait(self, question: Question, fds: Sequence[int], timeout_s: float) -> Reply:
        """The reply, or an error after that time. Not in the thread that reads what the runner says."""
        said: list[Reply] = []
        there = threading.Event()

        def answered(reply: Reply) -> None:
            said.append(reply)
            there.set()

        self.ask(question, answered, fds, timeout_s)
        # Who reads looks for what is late now and then.
        return said[0] if there.wait(timeout_s + POLL_MS / 1000) else Reply(question.request, {}, LATE)

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        while not stopped.is_set():
            try:
                if self._attached is None:
                    self._attach()
                else:
                    self._read()
            except Unavailable as error:
                log.warning("%s", error)
                stopped.wait(1.0)
            self._expire()

    def _attach(self) -> None:
        attached = self._init.attach(ATTACH_S)
        if attached is None:
            return
        attached.control.settimeout(SEND_S)
        attached.cells.settimeout(SEND_S)
        self._attached, self._channel = attached, Channel(attached.control)
        try:
            self._awaits_hello = not self._listener.was_greeted(attached.generation)
            self._listener.attached(attached.generation, attached.pid)
            if not self._awaits_hello:
                self._listener.greeted(attached.generation)
        except BaseException:
            self._lost()  # attached again, so that all of it is done
            raise

    def _read(self) -> None:
        assert self._attached is not None
        poll = select.poll()
        poll.register(self._attached.control, select.POLLIN)
        if self._awaits_hello:
            poll.register(self._attached.cells, select.POLLIN)
        ready = {fd for fd, _event in poll.poll(POLL_MS)}
        if self._awaits_hello:
            self._look_for_hello(self._attached)
        if self._attached.control.fileno() in ready:
            self._receive()

    def _look_for_hello(self, attached: Attached) -> None:
        """See, without taking it, that the runner has spoken: the thread of cells reads that channel."""
        try:
            spoken = attached.cells.recv(2, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except OSError:
            spoken = False
        if spoken or self._listener.was_greeted(attached.generation):
            self._listener.greeted(attached.generation)
            self._awaits_hello = False

    def _receive(self) -> None:
        assert self._channel is not None
        try:
            frame = self._channel.recv()
        except (TimeoutError, BadMessage):
            return
        except OSError:
            frame = None
        if frame is None:
            self._lost()
            return
        frame.close()
        try:
            message = frame.message if frame.kind == JSON else None
        except BadMessage as error:
            log.warning("a control frame could not be read: %s", error)
            return
        if isinstance(message, Reply):
            self._answer(message)
        elif isinstance(message, Evicted):
            self._listener.evicted(message)

    def _answer(self, reply: Reply) -> None:
        with self._lock:
            waiting = self._waiting.pop(reply.request, None)
        if waiting is not None:
            waiting.answered(reply)

    def _expire(self) -> None:
        now = time.monotonic()
        with self._lock:
            late = [request for request, one in self._waiting.items() if now >= one.until]
        for request in late:
            self._answer(Reply(request, {}, LATE))

    def _lost(self) -> None:
        attached, self._attached, self._channel = self._attached, None, None
        assert attached is not None
        attached.cells.close()
        attached.control.close()
        with self._lock:
            waiting = list(self._waiting)
        for request in waiting:
            self._answer(Reply(request, {}, "the kernel's process ended"))
