"""Pure decisions about one execution: may it run, how did it end, what becomes of it after a crash."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from broker_config.wire.events import CellError
from broker_config.wire.frames import Done
from broker_config.wire.messages import ExecuteCell
from broker_config.wire.states import ExecutionState
from kernel_worker.agent.init_client import Ending
from kernel_worker.agent.journal import Claim

GB = 1_000_000_000
ENDED_BADLY = frozenset({ExecutionState.FAILED, ExecutionState.TIMED_OUT, ExecutionState.LOST})
"""What Celery and Flower show as FAILURE."""
KEPT = "what the cell printed, published and wrote to shared files is kept"
OUTSIDE = (
    "the kernel was stopped from outside while this cell ran, not by anybody through Husk: its container, "
    f"its process, the Docker Engine or this machine was; {KEPT}, the variables of this kernel are gone; "
    "start the kernel and run the cells that this one needs again, then this one"
)
AGENT_OUTSIDE = (
    "the kernel's agent was ended from outside while this cell ran, not by anybody through Husk, and has "
    f"started again; {KEPT}; run the cell again"
)
LONGEST_TYPE = 200
LONGEST_MESSAGE = 65_536
LONGEST_TRACEBACK = 262_144


class KillReason(StrEnum):
    """Why the agent asked init to kill a runner."""

    TIMEOUT = "timeout"
    PERSON = "kill"
    STOP = "stop"
    OOM = "oom"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an execution ended."""

    status: ExecutionState
    error: CellError | None = None


def _failed(kind: str, message: str, status: ExecutionState = ExecutionState.FAILED) -> Verdict:
    return Verdict(status, CellError(kind, message, []))


def refuse(
    cell: ExecuteCell, generation: str, failed_batches: frozenset[str], why_gone: str
) -> Verdict | None:
    """Why a claimed execution is not run; None: run it. ``why_gone`` is about the epoch's runner."""
    if cell.batch_id is not None and cell.stop_on_error and cell.batch_id in failed_batches:
        return Verdict(ExecutionState.SKIPPED)
    if cell.epoch is not None and cell.epoch.generation != generation:
        message = (
            f"the namespace this cell was written for is gone ({why_gone}); nothing was run; "
            "run the cells that it needs again, then this one"
        )
        return _failed("NamespaceLost", message)
    return None


def words(ending: Ending | None, limit_bytes: int) -> tuple[str, str]:
    """Error type and sentence of a runner's end; what web and pages show."""
    if ending is None:
        return "RunnerDied", "the kernel's process ended, why is not known"
    if ending.oom or ending.kill_reason == KillReason.OOM:
        peak = f", peak {ending.peak_bytes / GB:.2f} GB" if ending.peak_bytes else ""
        return "OutOfMemory", f"out of memory: the limit is {limit_bytes / GB:.2f} GB{peak}"
    reasons = {
        KillReason.TIMEOUT: "the kernel's process was killed: the cell ran over its time limit",
        KillReason.PERSON: "the kernel's process was killed on request",
        KillReason.STOP: "the kernel was stopped",
        KillReason.STUCK: "the kernel's process was killed: it did not answer",
    }
    if ending.kill_reason in reasons:
        return "RunnerDied", reasons[KillReason(ending.kill_reason)]
    if ending.signal is not None:
        return "RunnerDied", f"the kernel's process was ended by {ending.signal}"
    return "RunnerDied", f"the kernel's process ended by itself with exit code {ending.exit_code}"


def judge_death(ending: Ending | None, limit_bytes: int, timeout_s: float | None) -> Verdict:
    """The execution that ran in a runner which died."""
    kind, sentence = words(ending, limit_bytes)
    message = f"{sentence}; the variables of this kernel are gone, outputs and artifacts are kept"
    reason = ending.kill_reason if ending else None
    if reason == KillReason.TIMEOUT:
        text = f"the cell ran longer than {timeout_s:g} s and did not stop when interrupted; {message}"
        return _failed("TimedOut", text, ExecutionState.TIMED_OUT)
    if reason in {KillReason.PERSON, KillReason.STOP}:
        return _failed("Killed", message, ExecutionState.CANCELLED)
    return _failed(kind, message)


def judge_done(done: Done, timed_out: bool, timeout_s: float | None) -> Verdict:
    """The execution whose runner said how it ended; what it says is bounded, it is hostile."""
    try:
        status = ExecutionState(done.status)
    except ValueError:
        status = ExecutionState.FAILED
    if status not in {ExecutionState.SUCCEEDED, ExecutionState.CANCELLED}:
        status = ExecutionState.FAILED
    if timed_out and status is not ExecutionState.SUCCEEDED:
        message = f"the cell ran longer than {timeout_s:g} s and was interrupted; its variables are kept"
        error = bounded(done.error) if done.error else CellError("", "", [])
        return Verdict(ExecutionState.TIMED_OUT, CellError("TimedOut", message, error.traceback, error.line))
    return Verdict(status, bounded(done.error) if done.error else None)


def judge_outside(verdict: Verdict, sentence: str) -> Verdict:
    """The execution that was interrupted because somebody ended its kernel past Husk; see the sentence."""
    if verdict.status is not ExecutionState.CANCELLED:
        return verdict
    error = verdict.error or CellError("", "", [])
    return Verdict(ExecutionState.FAILED, CellError("KernelStopped", sentence, error.traceback, error.line))


def bounded(error: CellError) -> CellError:
    """An error of the runner within our sizes."""
    kept: list[str] = []
    left = LONGEST_TRACEBACK
    for line in error.traceback:
        if left <= 0:
            kept.append("… the rest of the traceback is left out")
            break
        kept.append(line[:left])
        left -= len(line)
    return CellError(error.type[:LONGEST_TYPE], error.message[:LONGEST_MESSAGE], kept, error.line)


def finite(value: float | None) -> float | None:
    """A number of the runner that JSON can carry."""
    return value if value is not None and math.isfinite(value) else None


class Recovery(StrEnum):
    """What becomes of a claim without a result."""

    ADOPT = "adopt"  # it runs, or its end waits in the socket: go on relaying
    LOST = "lost"  # it may have run; how it ended cannot be known
    RUNNER_DIED = "runner_died"  # the runner that ran it is known to have ended


def recover(claim: Claim, generation: str, ending: Ending | None) -> Recovery:
    """Decide about an open claim whose code was sent, by the runner there is now and the claim's own end."""
    if claim.generation == generation:
        return Recovery.ADOPT
    return Recovery.RUNNER_DIED if ending is not None else Recovery.LOST


LOST = _failed(
    "AgentDied",
    "the kernel's agent died while this cell ran; what it did is kept, how it ended is not known",
    ExecutionState.LOST,
)
KERNEL_DIED = _failed(
    "KernelDied",
    "the kernel ended as a whole while this cell ran; what it did is kept, how it ended is not known",
    ExecutionState.LOST,
)
NOT_BEGUN = _failed(
    "AgentDied", "the kernel's agent died before this cell began; nothing was run; run it again"
)
NO_RUNNER = _failed(
    "RunnerDied",
    "the kernel's process does not start; nothing was run; see the kernel's log, then restart the kernel",
)
UNREADABLE = _failed("BadMessage", "this execution's message could not be read; nothing was run")
