"""The way of one execution: look up, claim, guard, run, classify, record. Each is a thing of its own."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from broker_config.wire.codec import encode_tagged
from broker_config.wire.errors import Unavailable
from broker_config.wire.events import Started
from broker_config.wire.flows import MUST_PUBLISH
from broker_config.wire.frames import JSON, Execute
from broker_config.wire.messages import ExecuteCell
from kernel_worker.agent import claims
from kernel_worker.agent.conclusion import conclude
from kernel_worker.agent.desk import Ahead
from kernel_worker.agent.journal import Claim
from kernel_worker.agent.recording import Recording, Tools, record
from kernel_worker.agent.relay import Deadline, End
from kernel_worker.agent.relay_lock import RelayLock
from kernel_worker.agent.runner_link import Runner, RunnerLink
from kernel_worker.agent.settling import make_relay, settle
from kernel_worker.agent.spares import new_spare
from kernel_worker.agent.verdicts import (
    NO_RUNNER,
    KillReason,
    Verdict,
    refuse,
    words,
)
from kernel_worker.agent.view_ahead import view_ahead

SEND_S = 30.0
SETTLE_S = 0.05
UNSETTLED_S = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """What is ready when the claim is ours: the recording, and the frame that has the runner run it."""

    recording: Recording
    frame: bytes
    view: Ahead | None = None


class Executor:
    """Runs delivered executions, one at a time. ``end_agent``: it has to start again."""

    def __init__(self, tools: Tools, end_agent: Callable[[], None]) -> None:
        self._tools = tools
        self._end_agent = end_agent
        self._lock = RelayLock(tools.kernel.lock_path)
        self._link = RunnerLink(tools.kernel.init, tools.journal)

    def execute(self, cell: ExecuteCell, refusal: Verdict | None = None) -> Verdict | None:
        """Run a delivered execution, or end it with ``refusal``; None when it is not ours (any more)."""
        self._wait_until_settled()
        with self._lock.held():
            if cell.execution_id in self._tools.journal.read().claimed:
                log.info("execution %s was delivered again; dropped", cell.execution_id)
                return None
            runner = self._link.current()
            begun = self._claim(cell, runner)
            if begun is None:
                return None
            if runner is None:
                refusal = refusal or NO_RUNNER
            refusal = refusal or self._guard(cell, begun.recording.claim.generation)
            if refusal is not None or runner is None:
                return conclude(self._tools, begun.recording, refusal or NO_RUNNER)
            try:
                return self._run(begun, runner)
            finally:
                self._tools.publisher.release()

    def _wait_until_settled(self) -> None:
        """What a dead agent left is settled by the recovery's thread, and comes first.

        Raises:
            Unavailable: nobody does it.
        """
        until = time.monotonic() + UNSETTLED_S
        while self._tools.journal.read().open:
            time.sleep(SETTLE_S)
            if time.monotonic() < until:
                continue
            if self._lock.try_take():
                self._lock.release()
                log.critical("nobody settles what a dead process left: the agent is ended")
                self._end_agent()
                raise Unavailable("what a dead process left is not settled")
            until = time.monotonic() + UNSETTLED_S  # an adopted cell runs as long as it likes

    def _claim(self, cell: ExecuteCell, runner: Runner | None) -> Begun | None:
        generation = runner.generation if runner else "none"
        claim = Claim(
            execution_id=cell.execution_id,
            generation=generation,
            at=time.time(),
            batch_id=cell.batch_id if cell.stop_on_error else None,
            timeout_s=cell.timeout_s,
            interactive=cell.interactive,
            flow_id=cell.flow_id,
            node_id=cell.node_id,
            run_id=cell.run_id,
            must_publish=MUST_PUBLISH in cell.code,
        )
        # In the journal first: an agent that dies between the two leaves a claim that is settled.
        self._tools.journal.claim(claim)
        begun: list[Begun] = []

        def prepare() -> None:
            begun.append(Begun(record(self._tools, claim), _frame_of(cell)))

        tools = self._tools
        view = view_ahead(tools.desk, cell)
        also = [view.command] if view is not None else []
        if claims.take(tools.line, tools.kernel.uid, cell.execution_id, generation, prepare, also):
            return replace(begun[0], view=view)
        self._tools.journal.drop(cell.execution_id)
        log.info("execution %s is claimed elsewhere; dropped", cell.execution_id)
        return None

    def _guard(self, cell: ExecuteCell, generation: str) -> Verdict | None:
        why_gone = ""
        if cell.epoch is not None and cell.epoch.generation != generation:
            kernel = self._tools.kernel
            ending = kernel.init.ended(cell.epoch.generation)
            limit = kernel.boot.limits.memory_bytes
            why_gone = words(ending, limit)[1] if ending else "the kernel was started anew"
        return refuse(cell, generation, frozenset(self._tools.journal.read().failed_batches), why_gone)

    def _run(self, begun: Begun, runner: Runner) -> Verdict:
        tools, claim = self._tools, replace(begun.recording.claim, began=True)
        recording = replace(begun.recording, claim=claim)
        tools.journal.begin(claim.execution_id)
        deadline = Deadline(claim.timeout_s, time.monotonic())
        sent = self._send(begun.frame, runner)
        # While the runner works.
        tools.publisher.hold()
        relay = make_relay(tools, recording, runner, deadline, begun.view)
        relay.release = tools.publisher.release
        end = End(None, timed_out=False)
        if sent:
            recording.emitter.emit(Started(runner.generation), events=True, must=True)
            end = relay.run()
        if end.done is None:
            self._link.forget()
        return settle(tools, recording, relay, end)

    def _send(self, frame: bytes, runner: Runner) -> bool:
        # The next ones come with the answers to what is published.
        spare = [] if runner.has_spare else new_spare(self._tools.kernel.folder)
        try:
            runner.cells.sock.settimeout(SEND_S)
            runner.cells.send_raw(JSON, frame, spare)
        except TimeoutError:
            self._tools.kernel.init.kill(runner.generation, KillReason.STUCK)
            return False
        except OSError:
            return False
        finally:
            for fd in spare:
                os.close(fd)
        runner.has_spare = True
        return True


def _frame_of(cell: ExecuteCell) -> bytes:
    execute = Execute(
        execution_id=cell.execution_id,
        code=cell.code,
        flow_id=cell.flow_id,
        node_id=cell.node_id,
        interactive=cell.interactive,
        epoch=cell.epoch.number if cell.epoch else None,
        run_id=cell.run_id,
        parameters=cell.parameters,
    )
    return encode_tagged(execute).encode()
