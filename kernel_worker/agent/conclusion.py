"""The end of an execution: uploads what is left, writes the result to the journal, then sends it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from broker_config.wire.errors import HuskError
from broker_config.wire.events import CellError, Event, ExecutionResult, Finished, Truncated, pack
from broker_config.wire.frames import STDERR, STDOUT, Done
from broker_config.wire.states import ExecutionState
from kernel_worker.agent.finalizing import Outcome
from kernel_worker.agent.flow_side import FlowSide
from kernel_worker.agent.journal import Claim
from kernel_worker.agent.output import Output
from kernel_worker.agent.recording import Recording, Tools
from kernel_worker.agent.verdicts import ENDED_BADLY, Verdict, finite

ERRANDS_S = 300.0
LATE = "not everything that this cell wrote was stored within {:g} s; what was not is kept in the kernel"
FULL_TEXT_RETRY_S = 15.0
BARE_SEQ = 2**53 - 1
"""Above every number that may have been used."""
KINDS = {"stdout": STDOUT, "stderr": STDERR}

log = logging.getLogger(__name__)


def conclude(
    tools: Tools,
    recording: Recording,
    verdict: Verdict,
    done: Done | None = None,
    shared_failures: Sequence[str] = (),
    flow: FlowSide | None = None,
) -> Verdict:
    """Record how an execution ended; what the result says, which a failed upload may have changed.

    The result goes into the journal, then to Redis: whoever dies in between, nobody concludes it a second
    time, and it is sent again until the recorder has it.
    """
    output, claim = recording.output, recording.claim
    if output.errands.begun or flow is not None:
        tools.publisher.release()  # what they say does not wait for the last of them
    late = [] if output.errands.finish(ERRANDS_S) else [LATE.format(ERRANDS_S)]
    if late:
        log.error("execution %s: uploads did not end in %g s", claim.execution_id, ERRANDS_S)
    verdict = _with_storage(verdict, [*shared_failures, *late], output)
    outcome = flow.finalize(verdict, partial(_with_storage, output=output)) if flow else Outcome(verdict)
    verdict = outcome.verdict
    result = replace(
        _result(claim, verdict, done),
        outputs=outcome.outputs,
        artifacts_published=outcome.published,
        artifacts_deleted=outcome.deleted,
        items=output.collector.items(),
        truncated=[_full_text(tools, recording, one) for one in output.collector.truncated()],
        logs=output.collector.logs,
    )
    output.notice_skipped()
    finished = recording.emitter.packed(Finished(result, claim.run_id))
    if finished is None:
        finished = recording.emitter.packed(Finished(_bare(claim, verdict), claim.run_id))
        assert finished is not None, "a result of our own words alone is always JSON"
    failed_batch = _failed_batch(claim, verdict)
    kept = _keep(tools, claim, finished, failed_batch)
    with tools.publisher.sending(finished):
        recording.spool.remove()
        if flow is not None:
            flow.forget()
        if not kept:  # now there may be room for it
            _keep(tools, claim, finished, failed_batch)
        tools.journal.compact_if_large()
    _say_bad_frames(claim.execution_id, output)
    return verdict


def conclude_bare(tools: Tools, claim: Claim, verdict: Verdict) -> None:
    """The last resort, for an execution whose recording cannot be read: its end in our own words alone."""
    result = Finished(_result(claim, verdict, None), claim.run_id)
    finished = pack(Event(claim.execution_id, BARE_SEQ, time.time(), result))
    _keep(tools, claim, finished, _failed_batch(claim, verdict))
    with tools.publisher.sending(finished):
        pass


def _keep(tools: Tools, claim: Claim, finished: str, failed_batch: str | None) -> bool:
    """Write it to the journal; False where the disk is full. Then what this process remembers has to do."""
    try:
        tools.journal.result(claim.execution_id, finished, failed_batch)
    except OSError as error:
        log.error("execution %s: its result is not in the journal: %s", claim.execution_id, error)
        tools.journal.remember_result(claim.execution_id, failed_batch)
        return False
    return True


def _failed_batch(claim: Claim, verdict: Verdict) -> str | None:
    return claim.batch_id if verdict.status in ENDED_BADLY | {ExecutionState.CANCELLED} else None


def _result(claim: Claim, verdict: Verdict, done: Done | None) -> ExecutionResult:
    now = time.time()
    result = ExecutionResult(
        status=verdict.status,
        generation=claim.generation,
        started_at=claim.at if claim.began else None,
        finished_at=now,
        wall_s=now - claim.at if claim.began else None,
        error=verdict.error,
    )
    if done is None:
        return result
    return replace(
        result,
        execution_count=done.execution_count,
        wall_s=finite(done.wall_s),
        cpu_s=finite(done.cpu_s),
        memory_peak_bytes=done.memory_peak_bytes,
    )


def _bare(claim: Claim, verdict: Verdict) -> ExecutionResult:
    """What can always be said, when the runner's own words are not JSON."""
    error = CellError("BadMessage", "the kernel's output could not be kept: it is not JSON", [])
    return _result(claim, replace(verdict, error=error if verdict.error else None), None)


def _with_storage(verdict: Verdict, failures: Sequence[str], output: Output) -> Verdict:
    """A cell that succeeded but for the store failed; one that ended otherwise has it in its log."""
    if not failures:
        return verdict
    sentence = "; ".join(failures[:20])
    if verdict.status is ExecutionState.SUCCEEDED:
        return Verdict(ExecutionState.FAILED, CellError("StorageFailed", sentence, []))
    output.tell(sentence)
    return verdict


def _full_text(tools: Tools, recording: Recording, truncated: Truncated) -> Truncated:
    """With the key of the whole text; without one when the store is away, which is told."""
    path = recording.spool.path.with_suffix(f".{truncated.name}")
    try:
        recording.spool.full_text(KINDS[truncated.name], path)
        with path.open("rb") as file:
            size = path.stat().st_size
            uploaded = tools.store.upload(file, size, f"the full {truncated.name}", FULL_TEXT_RETRY_S)
    except (HuskError, OSError) as error:
        log.warning("execution %s: %s", recording.claim.execution_id, error)
        return truncated
    finally:
        path.unlink(missing_ok=True)
    return replace(truncated, full=uploaded.key)


def _say_bad_frames(execution_id: str, output: Output) -> None:
    if output.bad_frames:
        log.warning("execution %s: %d frames could not be read", execution_id, output.bad_frames)
