"""Whose namespace and child processes those of a cell are."""

from __future__ import annotations

from broker_config.wire.frames import Execute


def is_alone(cell: Execute) -> bool:
    """Whether it is a node that runs by itself: it has a namespace of its own, which ends with it."""
    by_itself = not cell.interactive and cell.run_id is None
    return by_itself and bool(cell.flow_id) and cell.node_id is not None


def owner_of(cell: Execute) -> str:
    """Its run's, its own, or the flow's."""
    if cell.run_id is not None:
        return owner_of_run(cell.run_id)
    return f"{cell.flow_id}:{cell.execution_id}" if is_alone(cell) else cell.flow_id


def owner_of_run(run_id: str) -> str:
    """A run's. No flow's id holds a colon."""
    return f"run:{run_id}"
