"""Executions: inserted, queued, changed, read, and their output."""

from __future__ import annotations

from tasks.ledger.executions.accepting import Door, door
from tasks.ledger.executions.changes import end, request_cancel, started
from tasks.ledger.executions.inserting import NewExecution, Taken, put, take
from tasks.ledger.executions.of_cells import kernels_of, open_of
from tasks.ledger.executions.output import (
    MOST_CLEARED,
    append_output,
    clear_outputs,
    clearable,
    cleared,
    objects_shown,
    output,
    outputs,
)
from tasks.ledger.executions.queue import (
    current,
    mark_published,
    position,
    queue_length,
    queued,
    queued_kernels,
    running_of,
    still_queued,
    unpublished,
)
from tasks.ledger.executions.reading import Brief, asking, by_key, get, many, page, visible, visible_of

__all__ = [
    "MOST_CLEARED",
    "Brief",
    "Door",
    "NewExecution",
    "Taken",
    "append_output",
    "asking",
    "by_key",
    "clear_outputs",
    "clearable",
    "cleared",
    "current",
    "door",
    "end",
    "get",
    "kernels_of",
    "many",
    "mark_published",
    "objects_shown",
    "open_of",
    "output",
    "outputs",
    "page",
    "position",
    "put",
    "queue_length",
    "queued",
    "queued_kernels",
    "request_cancel",
    "running_of",
    "started",
    "still_queued",
    "take",
    "unpublished",
    "visible",
    "visible_of",
]
