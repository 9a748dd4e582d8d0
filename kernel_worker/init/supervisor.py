"""The loop: keeps one agent and one runner alive, answers the agent, ends all on SIGTERM."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time

from kernel_worker.init import requests
from kernel_worker.init.backoff import Backoff
from kernel_worker.init.ending import ANNOUNCEMENT, SIGNALLED, KernelEnd
from kernel_worker.init.generation import Generation
from kernel_worker.init.order import Order
from kernel_worker.init.reaping import kill_all_but, reap
from kernel_worker.init.spawn import start_agent

KILL_S = 5.0
ENDINGS_KEPT = 100


def log(text: str) -> None:
    """One line with its time on standard error."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(f"{stamp} INFO init: {text}\n")
    sys.stderr.flush()


class Supervisor:
    """One kernel's agent and runner."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._channel, self._agent_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._agent: int | None = None
        self._agent_backoff = Backoff()
        self._runner: Generation | None = None
        self._runner_backoff = Backoff()
        self._endings: dict[str, dict[str, object]] = {}
        self._end = KernelEnd()
        self._wake, self._poked = os.pipe()

    def run(self) -> int:
        """Serve until stopped; the exit code."""
        self._catch_signals()
        poll = select.poll()
        for fd in (self._wake, self._channel.fileno()):
            poll.register(fd, select.POLLIN)
        while True:
            self._start_what_is_due()
            if self._over():
                kill_all_but(0, self._runner.pid if self._runner else None)
                log("ended")
                return self._end.exit_code
            ready = {fd for fd, _event in self._poll(poll)}
            if self._wake in ready:
                os.read(self._wake, 4096)
            if self._channel.fileno() in ready:
                self._serve()
            if self._runner and self._runner.noise in ready:
                self._runner.copy_noise()
            self._reap()

    def _poll(self, poll: select.poll) -> list[tuple[int, int]]:
        runner = self._runner
        if runner is None or not runner.noisy:
            return poll.poll(self._wait_ms())
        poll.register(runner.noise, select.POLLIN)
        try:
            return poll.poll(self._wait_ms())
        finally:
            poll.unregister(runner.noise)

    def _wait_ms(self) -> int:
        waits = [60.0]
        if self._end.until is not None:
            waits.append(self._end.until - time.monotonic())
        else:
            if self._runner is None:
                waits.append(self._runner_backoff.wait_s())
            if self._agent is None:
                waits.append(self._agent_backoff.wait_s())
        return max(0, int(min(waits) * 1000) + 1)

    def _catch_signals(self) -> None:
        os.set_blocking(self._poked, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._poked, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.signal(ANNOUNCEMENT, lambda _number, _frame: self._end.announce())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: self._stop("a signal", SIGNALLED + number))

    def _over(self) -> bool:
        until = self._end.until
        return until is not None and (self._agent is None or time.monotonic() >= until)

    def _stop(self, reason: str, exit_code: int = 0) -> None:
        if not self._end.begin(exit_code):
            return
        log(f"stopping after {reason}")
        if self._agent is not None:
            os.kill(self._agent, signal.SIGTERM)

    def _start_what_is_due(self) -> None:
        if self._end.until is not None:
            return
        what, backoff = "runner", self._runner_backoff
        try:
            if self._runner is None and backoff.due():
                self._runner = Generation(self._order)
                log(f"runner {self._runner.id} is process {self._runner.pid}")
            what, backoff = "agent", self._agent_backoff
            if self._agent is None and backoff.due():
                self._agent = start_agent(self._order, self._agent_end.fileno())
                backoff.started()
                log(f"agent is process {self._agent}")
        except OSError as error:
            log(f"no {what} can be started, it is tried again: {error}")
            self._make_room(backoff)

    def _make_room(self, backoff: Backoff) -> None:
        """User code took all processes or all memory: end what is orphaned, then the runner as well."""
        runner = self._runner
        if runner is not None and backoff.in_a_row():
            self._kill(runner.id, {"reason": "it left no room for the agent"})
        with contextlib.suppress(OSError):
            kill_all_but(self._agent or (self._runner.pid if self._runner else 0))
        backoff.ended(0.0)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._runner is not None and pid == self._runner.pid:
                self._runner_ended(self._runner, status)
            elif pid == self._agent:
                self._agent_ended(pid, status)

    def _runner_ended(self, runner: Generation, status: int) -> None:
        self._runner = None
        # Its children hold the sockets: without them the agent sees the end.
        kill_all_but(self._agent or 0, runner.pid)
        runner.close()
        ending = runner.ending(status)
        self._endings[runner.id] = ending
        while len(self._endings) > ENDINGS_KEPT:
            del self._endings[next(iter(self._endings))]
        self._runner_backoff.ended(runner.age_s)
        log(f"runner {runner.id} ended: {ending}")

    def _agent_ended(self, pid: int, status: int) -> None:
        self._agent = None
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)  # what it may have started
        self._agent_backoff.ended(self._agent_backoff.lived_s())
        if self._end.until is None:
            log(f"agent {pid} ended with status {status}; it is started again")

    def _serve(self) -> None:
        received = requests.receive(self._channel)
        if received is None:
            return
        content, fds = self._answer(received[0])
        requests.answer(received[1], content, fds)

    def _answer(self, request: dict[str, object]) -> tuple[dict[str, object], list[int]]:
        runner, generation = self._runner, request.get("generation")
        op = request.get("op")
        if op == "attach" and runner is not None:
            facts: dict[str, object] = {"generation": runner.id, "pid": runner.pid}
            return facts, [runner.cells.fileno(), runner.control.fileno()]
        if op == "attach":
            return {"generation": None}, []
        if op == "kill":
            return {"killed": self._kill(generation, request)}, []
        if op == "ended":
            return {"ending": self._endings.get(str(generation))}, []
        if op == "ending":
            return {"ending": self._end.until is not None, "asked": self._end.asked}, []
        if op == "shutdown":
            self._end.announce()
            self._stop(str(request.get("reason")))
        return {}, []

    def _kill(self, generation: object, request: dict[str, object]) -> bool:
        runner = self._runner
        if runner is None or runner.id != generation:
            return False
        runner.kill_reason = str(request.get("reason"))
        runner.measured_peak = request.get("peak_bytes")
        log(f"killing runner {runner.id}: {runner.kill_reason}")
        # One that has just been forked leads no group yet.
        for end in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                end(runner.pid, signal.SIGKILL)
        status = reap(runner.pid, KILL_S)
        if status is not None:
            self._runner_ended(runner, status)
        return True
