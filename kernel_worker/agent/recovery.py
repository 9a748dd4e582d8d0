"""Settles executions whose agent died; on a thread of the next one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from broker_config.wire.errors import HuskError
from kernel_worker.agent import claims
from kernel_worker.agent.conclusion import conclude, conclude_bare
from kernel_worker.agent.flow_side import adopt
from kernel_worker.agent.guard import without_values
from kernel_worker.agent.journal import Claim
from kernel_worker.agent.recording import Tools, record_on
from kernel_worker.agent.relay import Deadline, End
from kernel_worker.agent.relay_lock import RelayLock
from kernel_worker.agent.runner_link import Runner, RunnerLink
from kernel_worker.agent.settling import make_relay, settle
from kernel_worker.agent.verdicts import (
    KERNEL_DIED,
    LOST,
    NOT_BEGUN,
    KillReason,
    Recovery,
    judge_death,
    judge_done,
    recover,
)

TRIES = 3

log = logging.getLogger(__name__)


class Recoverer:
    """Adopts what still runs, closes the rest. ``probe`` asks the runner what it runs (see ``Relay``)."""

    def __init__(self, tools: Tools, probe: Callable[[], str | None]) -> None:
        self._tools = tools
        self._probe = probe
        self._failed: dict[str, int] = {}
        self._lock = RelayLock(tools.kernel.lock_path)
        self._link = RunnerLink(tools.kernel.init, tools.journal)

    def settle(self) -> None:
        """Settle every claim without a result, unless a living process works on it."""
        if not self._tools.journal.read().open or not self._lock.try_take():
            return
        try:
            for claim in list(self._tools.journal.read().open.values()):
                log.warning("execution %s was left by a process that died", claim.execution_id)
                self._settle_or_close(claim)
        finally:
            self._link.forget()
            self._lock.release()

    def _settle_or_close(self, claim: Claim) -> None:
        """What cannot be settled must not hold up all other cells for ever."""
        try:
            self._settle(claim)
        except (HuskError, OSError):
            raise
        except Exception as error:
            tries = self._failed[claim.execution_id] = self._failed.get(claim.execution_id, 0) + 1
            log.error("execution %s could not be settled: %s", claim.execution_id, without_values(error))
            if tries < TRIES:
                return
            if claim.began:
                self._tools.kernel.init.kill(claim.generation, KillReason.STUCK)
            conclude_bare(self._tools, claim, LOST)

    def _settle(self, claim: Claim) -> None:
        if not claim.began:
            self._close_not_begun(claim)
            return
        runner = self._link.current()
        generation = runner.generation if runner else ""
        ending = None if claim.generation == generation else self._tools.kernel.init.ended(claim.generation)
        decided = recover(claim, generation, ending)
        if decided is Recovery.ADOPT and runner is not None:
            self._adopt(claim, runner)
            return
        limit = self._tools.kernel.boot.limits.memory_bytes
        died = decided is Recovery.RUNNER_DIED
        verdict = judge_death(ending, limit, claim.timeout_s) if died else KERNEL_DIED
        recording = record_on(self._tools, claim)
        flow, left = adopt(self._tools, recording, None)
        if left.done is not None:
            verdict = judge_done(left.done, left.timed_out, claim.timeout_s)
        if flow is not None:
            flow.close(None, timed_out=False)
        conclude(self._tools, recording, verdict, left.done, (), flow)

    def _close_not_begun(self, claim: Claim) -> None:
        # Whether the claim reached Redis is not known: it is taken (again), unless somebody cancelled.
        if claims.take(self._tools.line, self._tools.kernel.uid, claim.execution_id, claim.generation):
            conclude(self._tools, record_on(self._tools, claim), NOT_BEGUN)
        else:
            self._tools.journal.drop(claim.execution_id)

    def _adopt(self, claim: Claim, runner: Runner) -> None:
        started = time.monotonic() - max(0.0, time.time() - claim.at)
        recording = record_on(self._tools, claim)
        relay = make_relay(self._tools, recording, runner, Deadline(claim.timeout_s, started))
        relay.probe = self._probe
        relay.flow, left = adopt(self._tools, recording, runner.cells)
        # What the runner has said already, it does not say again.
        end = End(left.done, left.timed_out) if left.done is not None else relay.run()
        if end.done is None:
            self._link.forget()
        settle(self._tools, recording, relay, end)
