"""Local artifacts of flows: what cells and runs see, what executions stage and publish, what ends when."""

from tasks.ledger.artifacts.ending import (
    clear_kernel,
    delete_flow,
    delete_kernel,
    drop_staged,
    mark_damaged,
)
from tasks.ledger.artifacts.publishing import (
    NewArtifact,
    drop_staged_of,
    foreign,
    publish_cells,
    publish_run,
    stage,
    staged_of,
)
from tasks.ledger.artifacts.reading import (
    CELLS,
    RUN,
    Place,
    count,
    delete,
    find,
    flow_key,
    get,
    of_kernel,
    page,
    seen,
)

__all__ = [
    "CELLS",
    "RUN",
    "NewArtifact",
    "Place",
    "clear_kernel",
    "count",
    "delete",
    "delete_flow",
    "delete_kernel",
    "drop_staged",
    "drop_staged_of",
    "find",
    "flow_key",
    "foreign",
    "get",
    "mark_damaged",
    "of_kernel",
    "page",
    "publish_cells",
    "publish_run",
    "seen",
    "stage",
    "staged_of",
]
