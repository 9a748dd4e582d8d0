"""Cells of a document with what their newest executions put out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tasks.ledger import executions, users
from tasks.ledger.models import Execution
from tasks.ledger.session import Session
from tasks.objects.keys import kernel_prefix
from web.answers import dumps
from web.api.shapes.executions import output_of
from web.context import services
from web.ipynb import MOST_CELLS, Cell, outputs_of
from web.ipynb.outputs import left_out

AROUND_BYTES = 65_536
"""Of a file, for what is neither cells nor outputs."""
AROUND_CELL_BYTES = 256


def with_outputs(
    session: Session, owner_id: int, cells: Sequence[Cell], flow_id: str, node_id: str | None = None
) -> list[Cell]:
    """The cells as a file has them. One that ran here has that execution's outputs, be it none.

    A file has to be small enough to be read again: outputs that have no room are a line that says where they
    are.
    """
    ran = _newest(session, owner_id, flow_id, node_id)
    room = services().settings.request_max_bytes - AROUND_BYTES
    room -= sum(len(dumps(cell.source)) + AROUND_CELL_BYTES for cell in cells)
    found = []
    for cell in cells:
        row = ran.get(cell.id) if cell.kind == "code" else None
        shown = cell if row is None else _ran(session, cell, row)
        size = len(dumps(shown.outputs))
        if size > room and row is not None:
            shown = replace(shown, outputs=left_out(row.id))
            size = len(dumps(shown.outputs))
        room -= size
        found.append(shown)
    return found


def _newest(session: Session, owner_id: int, flow_id: str, node_id: str | None) -> dict[str, Execution]:
    owner = users.get(session, owner_id)
    if owner is None:
        return {}
    rows, _ = executions.page(
        session, owner, limit=MOST_CELLS, flow_id=flow_id, node_id=node_id, newest_of_cells=True
    )
    found: dict[str, Execution] = {}
    for row in rows:
        found.setdefault(str(row.cell_id), row)
    return found


def _ran(session: Session, cell: Cell, row: Execution) -> Cell:
    items = output_of(executions.output(session, row.id))["items"]
    outputs = outputs_of(row.id, kernel_prefix(row.kernel_uid), items, row.error)
    return replace(cell, outputs=outputs, execution_count=row.execution_count)
