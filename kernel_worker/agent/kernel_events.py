"""Events of the kernel itself: ready, a runner's end, a namespace's end, answers, the journal's report."""

from __future__ import annotations

import logging
import os
import platform
import time
from typing import Any

from broker_config.wire import VERSION
from broker_config.wire.events import Answer, Event, JournalReport, NamespaceEnded, Ready, RunnerEnded, pack
from broker_config.wire.frames import Evicted, Reply
from kernel_worker.agent.recording import Tools
from kernel_worker.agent.verdicts import words

LONGEST_REASON = 1_000

log = logging.getLogger(__name__)


class KernelEvents:
    """Says on the streams what happens to this kernel. ``memory_source``: how memory is measured."""

    def __init__(self, tools: Tools, memory_source: str) -> None:
        self._tools = tools
        self._memory_source = memory_source

    def ready(self, generation: str, runner_pid: int | None) -> None:
        """Agent and runner are there."""
        boot = self._tools.kernel.boot
        facts = {
            "agent_pid": os.getpid(),
            "runner_pid": runner_pid,
            "init_pid": os.getppid(),
            "agent_uid": boot.agent_uid,
            "runner_uid": boot.runner_uid,
            "separation": boot.separation,
            "memory_source": self._memory_source,
            "python": platform.python_version(),
        }
        self._put(Ready(VERSION, generation, facts), events=True)

    def runner_ended(self, ended: str, generation: str) -> None:
        """Say how the runner before this one ended; nothing when init does not know it (it is new)."""
        # Init notes an end before it starts the next runner: there is nothing to wait for.
        ending = self._tools.kernel.init.ended(ended)
        if ending is None:
            return
        reason, message = words(ending, self._tools.kernel.boot.limits.memory_bytes)
        self._put(RunnerEnded(ended, generation, reason, message), events=True)

    def evicted(self, evicted: Evicted) -> None:
        """A namespace was dropped to make room."""
        self._put(NamespaceEnded(evicted.flow_id[:200], evicted.reason[:LONGEST_REASON]), events=True)

    def answer(self, reply: Reply) -> None:
        """Hand a reply of the runner to the page that asked."""
        if not self._put(Answer(reply.request, reply.data, reply.error)):
            self._put(Answer(reply.request, {}, "the kernel's answer is not JSON"))

    def journal_report(self, epoch: str) -> None:
        """Report every id that was claimed."""
        self._put(JournalReport(epoch, list(self._tools.journal.read().claimed)), out=False, events=True)

    def _put(self, body: Any, *, out: bool = True, events: bool = False) -> bool:
        try:
            payload = pack(Event(None, 0, time.time(), body))
        except (ValueError, TypeError, RecursionError) as error:
            log.warning("a %s event is not JSON: %s", body.TYPE, type(error).__name__)
            return False
        return self._tools.publisher.put(payload, out=out, events=events, must=events)
