"""The side of an execution that has to do with flows: made at its first call, or as a run of a node ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from broker_config.wire.frames import Call, Channel, Done
from kernel_worker.agent.around import Around
from kernel_worker.agent.artifact_calls import ArtifactCalls
from kernel_worker.agent.board import Board
from kernel_worker.agent.calls import Calls
from kernel_worker.agent.catalog_calls import CatalogCalls
from kernel_worker.agent.desk import Ahead
from kernel_worker.agent.finalizing import Outcome, finalize
from kernel_worker.agent.journal import Claim
from kernel_worker.agent.parameter_calls import ParameterCalls
from kernel_worker.agent.recording import Recording, Tools
from kernel_worker.agent.staging import Left, Staging
from kernel_worker.agent.table_calls import TableCalls
from kernel_worker.agent.uploads import Uploads
from kernel_worker.agent.verdicts import KillReason, Verdict


def is_needed(claim: Claim) -> bool:
    """Whether the desk has to hear of its end although it published nothing.

    A node that runs by itself may pass its input on; one of a run may have to publish something, and else
    who advances the run does what follows from its success.
    """
    is_node = not claim.interactive and bool(claim.flow_id) and claim.node_id is not None
    return is_node and (claim.run_id is None or claim.must_publish)


class FlowSide:
    """Of one execution. ``channel`` None: its runner is gone."""

    def __init__(
        self, tools: Tools, recording: Recording, channel: Channel | None, view: Ahead | None = None
    ) -> None:
        claim, kernel = recording.claim, tools.kernel
        staging = Staging(kernel.staged, claim.execution_id)
        self._around = around = Around(
            execution_id=claim.execution_id,
            owner_uid=os.geteuid() if kernel.boot.runner_uid is None else kernel.boot.runner_uid,
            desk=tools.desk,
            store=tools.store,
            content=tools.content,
            staging=staging,
            uploads=Uploads(tools.store, tools.content, staging, kernel.boot.limits.content_bytes),
            board=Board(claim.interactive, claim.node_id or "", claim.flow_id, kernel.uid, is_needed(claim)),
            say=recording.output.announce,
            tell=recording.output.tell,
            view=view,
        )
        self._calls: Calls | None = None
        if channel is not None:
            parts = (TableCalls(around), ParameterCalls(around), ArtifactCalls(around), CatalogCalls(around))
            handlers = {kind: handler for part in parts for kind, handler in part.handlers().items()}
            stuck = _killer(tools, claim)
            self._calls = Calls(channel, staging, handlers, stuck)

    def take(self, call: Call, size: int, fds: list[int]) -> None:
        """Take a call of the runner's, of ``size`` bytes; its descriptors are taken over."""
        assert self._calls is not None
        self._calls.take(call, size, fds)

    def resume(self) -> Left:
        """Go on with what a dead agent left: upload what is not stored, answer what is open."""
        around = self._around
        left = around.staging.load(around.board)
        for file in left.files.values():
            if file.stored is None and file.failure is None and not file.unwanted:
                around.uploads.add(file)
        if self._calls is not None and left.done is None:
            self._calls.resume(left.calls.values())
        return left

    def close(self, done: Done | None, timed_out: bool) -> None:
        """The runner has ended the execution, or is gone: nothing is answered any more."""
        if done is not None:
            self._around.staging.done(done, timed_out)
        self._around.ended.set()
        if self._calls is not None:
            self._calls.end()

    def finalize(
        self, verdict: Verdict, with_failures: Callable[[Verdict, Sequence[str]], Verdict]
    ) -> Outcome:
        """Have what counts stored and made visible; see ``finalizing``."""
        return finalize(self._around, verdict, with_failures)

    def forget(self) -> None:
        """The result is in the journal: nobody adopts this any more."""
        self._around.staging.remove()


def adopt(tools: Tools, recording: Recording, channel: Channel | None) -> tuple[FlowSide | None, Left]:
    """What a dead agent left of an execution's side, if anything."""
    if not Staging(tools.kernel.staged, recording.claim.execution_id).path.exists():
        return None, Left()
    side = FlowSide(tools, recording, channel)
    return side, side.resume()


def _killer(tools: Tools, claim: Claim) -> Callable[[], object]:
    return lambda: tools.kernel.init.kill(claim.generation, KillReason.STUCK)
