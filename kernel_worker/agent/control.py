"""The control list ``kernel:K:ctl``: interrupts, kills, restarts, acknowledgements, questions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.codec import decode_tagged
from broker_config.wire.errors import BadMessage, HuskError
from broker_config.wire.frames import ClearNamespace, DropRun, InterruptCell, Question
from broker_config.wire.messages import (
    CONTROL,
    Acknowledge,
    Ask,
    EndRun,
    Interrupt,
    Kill,
    ReportJournal,
    RestartNamespace,
    Shutdown,
)
from kernel_worker.agent.broker import AWAY
from kernel_worker.agent.guard import once
from kernel_worker.agent.kernel_events import KernelEvents
from kernel_worker.agent.recording import Tools
from kernel_worker.agent.resending import Resending
from kernel_worker.agent.runner_control import RunnerControl
from kernel_worker.agent.verdicts import KillReason

POP_S = 4
"""Below the socket's timeout."""
INTERRUPT_AGAIN_S = 2.0
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0

log = logging.getLogger(__name__)


class Control:
    """Pops and carries out what the control plane says to this kernel."""

    def __init__(
        self,
        tools: Tools,
        runner: RunnerControl,
        said: KernelEvents,
        resending: Resending,
        client: redis.Redis,
    ) -> None:
        self._tools = tools
        self._runner = runner
        self._said = said
        self._resending = resending
        self._client = client
        self._unreadable = 0
        self._handlers: dict[type, Callable[[Any], None]] = {
            Interrupt: self.interrupt,
            Kill: self._kill,
            RestartNamespace: self._restart_namespace,
            EndRun: self._end_run,
            Acknowledge: self._acknowledge,
            ReportJournal: self._report_journal,
            Ask: self._ask,
            Shutdown: self._shutdown,
        }

    def run(self, stopped: threading.Event) -> None:
        """The thread's body: reconnects for ever."""
        wait_s = FIRST_WAIT_S
        key = keys.ctl(self._tools.kernel.uid)
        while not stopped.is_set():
            try:
                popped = self._client.blpop([key], POP_S)
                wait_s = FIRST_WAIT_S
            except AWAY as error:
                log.warning("the control list waits for Redis (%s)", type(error).__name__)
                stopped.wait(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
                continue
            if popped is not None:
                self._take(popped[1])

    def _take(self, text: bytes | str) -> None:
        try:
            message = decode_tagged(CONTROL, text)
            self._handlers[type(message)](message)
        except BadMessage as error:
            self._unreadable += 1
            log.warning("control message %d that could not be read: %s", self._unreadable, error)
        except (HuskError, OSError) as error:
            log.error("a control message was not carried out: %s", error)

    def interrupt(self, message: Interrupt) -> None:
        """Interrupt an execution, and once more if it still runs 2 s later."""
        execution_id = message.execution_id
        self._tools.interruptions.asked(execution_id)
        self._runner.send(InterruptCell(execution_id))
        again = threading.Timer(
            INTERRUPT_AGAIN_S, once, ["a second interrupt", lambda: self._interrupt_again(execution_id)]
        )
        again.daemon = True
        again.start()

    def _interrupt_again(self, execution_id: str) -> None:
        if execution_id in self._tools.journal.read().open:
            self._runner.send(InterruptCell(execution_id))

    def _kill(self, message: Kill) -> None:
        claim = self._tools.journal.read().open.get(message.execution_id)
        if claim is None or not claim.began:
            log.info("kill of %s: it does not run", message.execution_id)
            return
        self._tools.interruptions.asked(message.execution_id)
        self._tools.kernel.init.kill(claim.generation, KillReason.PERSON)

    def _restart_namespace(self, message: RestartNamespace) -> None:
        self._runner.send(ClearNamespace(message.flow_id, message.epoch))

    def _end_run(self, message: EndRun) -> None:
        self._runner.send(DropRun(message.run_id))

    def _acknowledge(self, message: Acknowledge) -> None:
        self._tools.journal.acknowledge(message.execution_ids)

    def _report_journal(self, message: ReportJournal) -> None:
        self._said.journal_report(message.epoch)
        self._resending.now()

    def _ask(self, message: Ask) -> None:
        question = Question(message.request, message.kind, message.args)
        self._runner.ask(question, self._said.answer)

    def _shutdown(self, message: Shutdown) -> None:
        self._tools.kernel.init.shutdown(message.reason)
