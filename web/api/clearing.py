"""What the ended cells of a namespace put out, erased for good."""

from __future__ import annotations

import time

from tasks.kernels.broker import wake
from tasks.ledger import executions
from web import audit
from web.context import services


def erase(kernel_uid: str, flow_id: str, node_id: str | None = None) -> int:
    """Erase it, or that of one node's cells alone; of how many cells."""
    with services().ledger.write() as session:
        # Noted once and first: what was erased is in the audit, whatever becomes of the rest.
        cells = executions.clearable(session, kernel_uid, flow_id, node_id)
        of_node = {} if node_id is None else {"node": node_id}
        audit.note(session, "outputs.clear", kernel_uid, flow=flow_id, **of_node, cells=cells)
        some = count = executions.clear_outputs(session, kernel_uid, flow_id, time.time(), node_id=node_id)
    while some == executions.MOST_CLEARED:
        with services().ledger.write() as session:
            some = executions.clear_outputs(session, kernel_uid, flow_id, time.time(), node_id=node_id)
        count += some
    wake(services().redis, kernel_uid)
    return count
