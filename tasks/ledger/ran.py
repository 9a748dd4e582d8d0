"""Which nodes have run, whether or not they put anything out."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from broker_config.wire.states import ExecutionState, NodeRunState
from tasks.ledger.models import Execution, NodeRun

LATELY = 1_000
"""An owner's executions that are looked through for one of a node: no index leads to it."""
_DONE = (NodeRunState.SUCCEEDED.value, NodeRunState.CACHED.value)


def in_run(s: Session, run_id: str, nodes: Collection[str]) -> set[str]:
    """Of these nodes, those that succeeded in a run, or stand for another run's."""
    here = (NodeRun.run_id == run_id, NodeRun.node_id.in_(nodes), NodeRun.state.in_(_DONE))
    return set(s.scalars(select(NodeRun.node_id).where(*here)))


def lately(s: Session, owner_id: int, flow_id: str, nodes: Collection[str]) -> set[str]:
    """Of these nodes of a flow, those that succeeded among its owner's last executions."""
    order = (Execution.submitted_at.desc(), Execution.seq.desc(), Execution.id.desc())
    columns = (Execution.flow_id, Execution.node_id, Execution.status)
    last = select(*columns).where(Execution.owner_id == owner_id).order_by(*order).limit(LATELY).subquery()
    here = (last.c.flow_id == flow_id, last.c.status == ExecutionState.SUCCEEDED.value)
    return set(s.scalars(select(last.c.node_id).where(*here, last.c.node_id.in_(nodes)).distinct()))
