"""Relay one execution's frames until it is done, its runner is gone, or its time is over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.errors import BadMessage, HuskError
from broker_config.wire.frames import JSON, AskShared, Call, Channel, Done, Frame, HandShared, InterruptCell
from kernel_worker.agent.flow_side import FlowSide
from kernel_worker.agent.output import NAMES, Output
from kernel_worker.agent.publisher import LINGER_S
from kernel_worker.agent.shared_files import SharedFiles

INTERRUPT_AGAIN_S = 2.0
KILL_AFTER_S = 10.0
LONGEST_WAIT_S = 0.25
PROBE_EVERY_S = 2.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Deadline:
    """The steps of a timeout: interrupt, again after 2 s, kill after 10 s. Times are monotonic."""

    timeout_s: float | None
    started: float
    steps: list[tuple[float, str]] = field(init=False)
    passed: bool = False

    def __post_init__(self) -> None:
        end = self.started + self.timeout_s if self.timeout_s is not None else None
        plan = ((0.0, "interrupt"), (INTERRUPT_AGAIN_S, "interrupt"), (KILL_AFTER_S, "kill"))
        self.steps = [] if end is None else [(end + after, what) for after, what in plan]

    def due(self, now: float) -> str | None:
        """The next step if its time has come, once."""
        if not self.steps or now < self.steps[0][0]:
            return None
        self.passed = True
        return self.steps.pop(0)[1]

    def wait_s(self, now: float) -> float:
        """Seconds to the next step, at most ``LONGEST_WAIT_S``."""
        return max(0.001, min(LONGEST_WAIT_S, self.steps[0][0] - now)) if self.steps else LONGEST_WAIT_S


@dataclass(frozen=True, slots=True)
class End:
    """How relaying ended: ``done`` None means that the runner is gone, or (``lost``) knows nothing of it."""

    done: Done | None
    timed_out: bool
    lost: bool = False


@dataclass(slots=True)
class Relay:
    """One execution between runner and streams.

    ``kill`` ends the runner. ``probe`` (adoption only) says which execution the runner runs: its id,
    "" for none, None when it did not answer. ``release``: events were held until now, see ``Publisher.hold``.
    ``flow`` is there once there was a call, made by ``make_flow``.
    """

    execution_id: str
    cells: Channel
    control: Channel
    output: Output
    shared: SharedFiles
    deadline: Deadline
    kill: Callable[[], object]
    make_flow: Callable[[], FlowSide]
    flow: FlowSide | None = None
    probe: Callable[[], str | None] | None = None
    release: Callable[[], None] | None = None
    _idle_answers: int = 0
    _probe_at: float = 0.0
    _held_until: float = 0.0
    _handed: bool = False

    def run(self) -> End:
        """Relay until the end."""
        self._held_until = time.monotonic() + LINGER_S
        while True:
            now = time.monotonic()
            self._on_time(now)
            if self.probe is not None and now >= self._probe_at and self._runner_forgot(now):
                return End(None, self.deadline.passed, lost=True)
            self.cells.sock.settimeout(LINGER_S if self.release else self.deadline.wait_s(now))
            try:
                frame = self.cells.recv()
            except TimeoutError:
                continue
            except BadMessage:
                self.output.bad_frames += 1
                continue
            except OSError:
                frame = None
            if frame is None:
                return End(None, self.deadline.passed)
            done = self._take(frame)
            if done is not None:
                return End(done, self.deadline.passed)

    def _on_time(self, now: float) -> None:
        if self.release is not None and now >= self._held_until:
            self.release()
            self.release = None
        self.output.tick(now)
        step = self.deadline.due(now)
        if step == "interrupt":
            interrupt(self.control, self.execution_id)
        elif step == "kill":
            try:
                self.kill()
            except HuskError as error:
                log.error("killing the runner of %s: %s", self.execution_id, error)

    def _runner_forgot(self, now: float) -> bool:
        """Whether the runner said twice, with its frames read in between, that it does not run this."""
        assert self.probe is not None
        self._probe_at = now + PROBE_EVERY_S
        running = self.probe()
        if running is None or running == self.execution_id:
            self._idle_answers = 0
            return False
        self._idle_answers += 1
        return self._idle_answers > 1

    def _take(self, frame: Frame) -> Done | None:
        if frame.kind in NAMES:
            self.output.text(frame.kind, frame.payload)
            frame.close()
            return None
        try:
            message = frame.message if frame.kind == JSON else None
            return self._message(message, frame)
        except BadMessage:
            self.output.bad_frames += 1
            return None
        finally:
            frame.close()

    def _message(self, message: Any, frame: Frame) -> Done | None:
        if isinstance(message, Done):
            return self._done(message)
        if isinstance(message, Call):
            self._called(message, frame)
        elif isinstance(message, AskShared):
            ask = message
            self.output.errands.add(lambda: self.shared.fetch(ask))
        elif isinstance(message, HandShared):
            self._handed = True
            self.output.handed(frame.payload)
            hand, fds = message, list(frame.fds)
            frame.fds.clear()  # the errand closes them
            self.output.errands.add(lambda: self.shared.take(hand, fds))
        else:
            self.output.message(message, frame.payload)
        return None

    def _called(self, call: Call, frame: Frame) -> None:
        self.flow = self.flow or self.make_flow()
        fds = list(frame.fds)
        frame.fds.clear()  # whoever answers closes them
        self.flow.take(call, len(frame.payload), fds)

    def _done(self, done: Done) -> Done | None:
        if done.execution_id != self.execution_id:
            return None
        if self._handed:
            self.output.errands.add(self.shared.acknowledge)
        return done


def interrupt(control: Channel, execution_id: str) -> bool:
    """Ask the runner to interrupt that execution; False when it is gone."""
    try:
        control.sock.settimeout(LONGEST_WAIT_S)
        control.send(InterruptCell(execution_id))
    except OSError:
        return False
    return True
