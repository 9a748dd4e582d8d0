"""The one task that kernels run. What leaves it is nothing, or ``CellFailed`` with a type's name."""

from __future__ import annotations

import logging
import re
from typing import Any

from broker_config.queues import CELL_HEADER
from broker_config.wire.codec import build
from broker_config.wire.errors import BadMessage, CellFailed
from broker_config.wire.messages import ExecuteCell
from broker_config.wire.names import EXECUTION_ID, kernel_of
from kernel_worker.agent.execution import Executor
from kernel_worker.agent.guard import without_values
from kernel_worker.agent.verdicts import ENDED_BADLY, UNREADABLE, Verdict

TYPE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}", re.ASCII)

log = logging.getLogger(__name__)


def run_task(request: Any, uid: str, executor: Executor) -> None:
    """Run the execution that a message carries.

    Raises:
        CellFailed: it ended badly; holds the type of its error and nothing of the user's.
    """
    try:
        failure = _failure_of(_execute(request, uid, executor))
    except BaseException as error:
        # Another exception would show user data, and a BaseException would end the whole worker.
        log.error("execution %s: the agent failed: %s", request.id, without_values(error))
        failure = "AgentError"
    if failure is not None:
        raise CellFailed(failure)


def _execute(request: Any, uid: str, executor: Executor) -> Verdict | None:
    task_id = str(request.id)
    if not EXECUTION_ID.fullmatch(task_id) or kernel_of(task_id) != uid:
        log.error("a message that is not an execution of this kernel was dropped")
        return None
    try:
        cell = build(ExecuteCell, getattr(request, CELL_HEADER, None))
    except BadMessage as error:
        log.error("execution %s: %s", task_id, error)
        return executor.execute(_nothing(task_id), UNREADABLE)
    if cell.execution_id != task_id:
        log.error("execution %s: its message is about another one; dropped", task_id)
        return None
    return executor.execute(cell)


def _nothing(task_id: str) -> ExecuteCell:
    return ExecuteCell(
        execution_id=task_id,
        code="",
        flow_id="",
        node_id=None,
        interactive=True,
        timeout_s=None,
        epoch=None,
        batch_id=None,
        stop_on_error=False,
    )


def _failure_of(verdict: Verdict | None) -> str | None:
    if verdict is None or verdict.status not in ENDED_BADLY:
        return None
    name = verdict.error.type if verdict.error else str(verdict.status)
    return name if TYPE_NAME.fullmatch(name) else "Error"
