"""What a cell may read is asked as it begins, where its code is about to ask: the answer is there in time."""

from __future__ import annotations

import re

from broker_config.wire.flows import ViewFlow
from broker_config.wire.messages import ExecuteCell
from kernel_worker.agent.desk import Ahead, Desk

CALLS = re.compile(
    r"\b(?:read_inputs?|read_first|publish_output|(?:publish|read|delete)_artifact|list_artifacts|publish_global)\b"
)
LOOKED_AT = 65_536
"""Characters of the code."""


def view_ahead(desk: Desk, cell: ExecuteCell) -> Ahead | None:
    """The question to send with the claim; None where the code names no call that needs its answer."""
    return desk.ahead(ViewFlow(cell.execution_id)) if CALLS.search(cell.code, 0, LOOKED_AT) else None
