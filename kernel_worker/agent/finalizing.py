"""The end of what an execution published: it is stored, then all of it becomes visible, or none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.codec import build
from broker_config.wire.errors import HuskError
from broker_config.wire.events import CellError
from broker_config.wire.flows import (
    Finalize,
    Finalized,
    NewOutput,
    PublishArtifact,
    PublishOutput,
)
from broker_config.wire.states import ExecutionState
from kernel_worker.agent.around import Around
from kernel_worker.agent.board import MAIN, Board
from kernel_worker.agent.published import Published
from kernel_worker.agent.refusals import AWAY, Refused
from kernel_worker.agent.uploads import LONGEST_S
from kernel_worker.agent.verdicts import Verdict

MOST_LISTED = 1_000
"""Of each kind in a result."""
UNREADABLE = "what this cell published could not be made visible: its description cannot be told"
LATE = f"what this cell published was not stored within {LONGEST_S:g} s"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended when its outputs and artifacts are counted, and which of them are visible."""

    verdict: Verdict
    outputs: list[dict[str, Any]] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


def finalize(
    around: Around, verdict: Verdict, with_failures: Callable[[Verdict, Sequence[str]], Verdict]
) -> Outcome:
    """Wait for uploads and have the desk make visible what counts.

    Artifacts of an interactive execution count however it ended, all else when it succeeded.
    ``with_failures`` is what a verdict becomes by failures of the store.
    """
    board = around.board
    if not _counts(board, verdict):
        _unwanted([*board.artifacts.values(), *board.outputs.values()])
        return Outcome(verdict)
    if verdict.status is not ExecutionState.SUCCEEDED:
        _unwanted(board.outputs.values())
    late = [] if around.uploads.finish() else [LATE]
    wanted = [one for one in (*board.artifacts.values(), *board.outputs.values()) if not one.file.unwanted]
    verdict = with_failures(verdict, [_failure(one) for one in wanted if one.file.stored is None] + late)
    if not _counts(board, verdict):
        return Outcome(verdict)
    succeeded = verdict.status is ExecutionState.SUCCEEDED
    outputs = [one for one in board.outputs.values() if succeeded and one.file.stored]
    artifacts = [one for one in board.artifacts.values() if one.file.stored]
    if (board.interactive or not board.told_always) and not (outputs or artifacts or board.deleted):
        return Outcome(verdict)
    try:
        done = _recorded(around, succeeded, outputs, artifacts)
    except HuskError as error:
        return Outcome(_refused(around, verdict, error))
    except (ValueError, RecursionError):  # a description that is hardly JSON
        return Outcome(_refused(around, verdict, Refused("ValueError", UNREADABLE)))
    return Outcome(verdict, _outputs(outputs, done), *_artifacts(board, artifacts))


def _failure(one: Published) -> str:
    return one.file.failure or f"{one.file.what} was not stored"


def _counts(board: Board, verdict: Verdict) -> bool:
    return board.interactive or verdict.status is ExecutionState.SUCCEEDED


def _unwanted(published: Iterable[Published]) -> None:
    for one in published:
        one.file.unwanted = True


def _recorded(
    around: Around, succeeded: bool, outputs: list[Published], artifacts: list[Published]
) -> Finalized:
    around.stage(around.ahead.left(artifacts), around.record)
    final = Finalize(
        execution_id=around.execution_id,
        succeeded=succeeded,
        outputs=[_new_output(one) for one in outputs],
        published=[one.name for one in artifacts],
        deleted=list(around.board.deleted),
    )
    return build(Finalized, around.record(final))


def _new_output(one: Published) -> NewOutput:
    assert isinstance(one.args, PublishOutput)
    assert one.file.stored is not None
    return NewOutput(one.name, one.args.rows, one.args.columns, one.file.stored, one.args.preview)


def _refused(around: Around, verdict: Verdict, error: HuskError) -> Verdict:
    """A cell that succeeded but for the desk failed; one that ended otherwise has it in its log."""
    if verdict.status is not ExecutionState.SUCCEEDED:
        around.tell(error.message)
        return verdict
    kind = error.kind if isinstance(error, Refused) and error.kind != AWAY else "StorageFailed"
    return Verdict(ExecutionState.FAILED, CellError(kind, error.message, []))


def _outputs(outputs: list[Published], done: Finalized) -> list[dict[str, Any]]:
    if done.passed_through:
        return [{"name": MAIN, "passed_through": True}]
    return [
        {"name": one.name, "rows": one.args.rows, "columns": len(one.args.columns), "size": one.file.size}
        for one in outputs[:MOST_LISTED]
        if isinstance(one.args, PublishOutput)
    ]


def _artifacts(board: Board, artifacts: list[Published]) -> tuple[list[dict[str, Any]], list[str]]:
    published = [
        {"name": one.name, "type_name": one.args.type_name, "format": one.args.format, "size": one.file.size}
        for one in artifacts[:MOST_LISTED]
        if isinstance(one.args, PublishArtifact)
    ]
    return published, list(board.deleted)[:MOST_LISTED]
