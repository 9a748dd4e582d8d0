"""Runs of flows: made, read, changed."""

from tasks.ledger.runs.changes import release, request_cancel
from tasks.ledger.runs.making import (
    KernelState,
    document,
    kernels_named,
    kernels_there,
    newest_version,
)
from tasks.ledger.runs.reading import (
    Filter,
    counts,
    get,
    newest_rows,
    node_rows,
    of_schedule,
    page,
    visible,
    visible_group,
)

__all__ = [
    "Filter",
    "KernelState",
    "counts",
    "document",
    "get",
    "kernels_named",
    "kernels_there",
    "newest_rows",
    "newest_version",
    "node_rows",
    "of_schedule",
    "page",
    "release",
    "request_cancel",
    "visible",
    "visible_group",
]
