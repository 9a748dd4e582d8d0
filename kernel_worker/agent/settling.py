"""One execution with a runner, and how its end is judged and recorded; for who runs it and who adopts it."""

from __future__ import annotations

from kernel_worker.agent.conclusion import conclude
from kernel_worker.agent.desk import Ahead
from kernel_worker.agent.flow_side import FlowSide, is_needed
from kernel_worker.agent.recording import Recording, Tools
from kernel_worker.agent.relay import Deadline, End, Relay
from kernel_worker.agent.runner_link import Runner
from kernel_worker.agent.shared_files import SharedFiles
from kernel_worker.agent.verdicts import LOST, KillReason, Verdict, judge_death, judge_done, judge_outside

ENDING_S = 6.0
FLUSH_S = 2.0
IN_HAND = (
    "shared file {!r} was in hand when the agent died: it is kept in the kernel and stored with the next cell"
)


def make_relay(
    tools: Tools, recording: Recording, runner: Runner, deadline: Deadline, view: Ahead | None = None
) -> Relay:
    """The relay of one execution with that runner. ``view``: what it may read is asked already."""
    boot, emitter = tools.kernel.boot, recording.emitter
    shared = SharedFiles(
        channel=runner.cells,
        desk=tools.desk,
        store=tools.store,
        spool=tools.kernel.spool,
        runner_uid=boot.runner_uid if boot.runner_uid != boot.agent_uid else None,
        emit=lambda body: emitter.emit(body, out=False, events=True, must=True),
        flush=lambda: tools.publisher.flush(FLUSH_S),
        tell=recording.output.tell,
        failures=[IN_HAND.format(path) for path in recording.output.in_hand],
    )
    return Relay(
        execution_id=recording.claim.execution_id,
        cells=runner.cells,
        control=runner.control,
        output=recording.output,
        shared=shared,
        deadline=deadline,
        kill=lambda: tools.kernel.init.kill(runner.generation, KillReason.TIMEOUT),
        make_flow=lambda: FlowSide(tools, recording, runner.cells, view),
    )


def settle(tools: Tools, recording: Recording, relay: Relay, end: End) -> Verdict:
    """Classify how relaying ended, and record it."""
    claim, flow = recording.claim, relay.flow
    if flow is None and end.done is not None and is_needed(claim):
        flow = FlowSide(tools, recording, None)
    if flow is not None:
        flow.close(end.done, end.timed_out)
    if end.done is not None:
        verdict = judge_done(end.done, end.timed_out, claim.timeout_s)
    elif end.lost:
        verdict = LOST
    else:
        ending = tools.kernel.init.ended(claim.generation, ENDING_S)
        verdict = judge_death(ending, tools.kernel.boot.limits.memory_bytes, claim.timeout_s)
    outside = tools.interruptions.outside_of(claim.execution_id)
    if outside is not None:
        verdict = judge_outside(verdict, outside)
    tools.interruptions.forget(claim.execution_id)
    return conclude(tools, recording, verdict, end.done, relay.shared.failures, flow)
