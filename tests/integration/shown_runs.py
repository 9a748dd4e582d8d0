"""Runs as they would be in the middle or at the end, put into the ledger without an engine."""

from __future__ import annotations

import time
from typing import Any

from broker_config.wire.states import NodeRunState, RunState
from tasks import flow_runs
from tasks.flow_runs import RunRequest
from tasks.ledger import runs, users
from tasks.ledger.models import NodeRun
from tasks.services import Services
from tasks.waking import wake_run_pages


class ShownRuns:
    """Makes runs of one person's flows."""

    def __init__(self, services: Services, person: str) -> None:
        self._services = services
        with services.ledger.read() as s:
            user = users.by_name(s, person)
        assert user is not None
        self.owner_id = user.id

    def make(self, flow_id: str, **fields: Any) -> str:
        """A run that waits to be looked at; its id."""
        with self._services.ledger.write() as s:
            request = RunRequest(flow_id=flow_id, owner_id=self.owner_id, **fields)
            return flow_runs.make_run(s, request, time.time()).id

    def node(self, run_id: str, node_id: str, state: NodeRunState, attempt: int = 1, **fields: Any) -> None:
        """An attempt at a node is, or becomes, so; pages are told."""
        with self._services.ledger.write() as s:
            row = next((one for one in runs.node_rows(s, run_id, node_id) if one.attempt == attempt), None)
            if row is None:
                row = NodeRun(run_id=run_id, node_id=node_id, attempt=attempt, created_at=time.time())
                row.state, row.revision = state.value, 0
                s.add(row)
            values = {"state": state.value, "revision": row.revision + 1, **fields}
            for name, value in values.items():
                setattr(row, name, value)
        wake_run_pages(self._services.redis, run_id, self.owner_id)

    def end(self, run_id: str, state: RunState, **fields: Any) -> None:
        """The run has ended so; pages are told."""
        with self._services.ledger.write() as s:
            row = runs.get(s, run_id)
            assert row is not None
            row.state, row.finished_at, row.revision = state.value, time.time(), row.revision + 1
            for name, value in fields.items():
                setattr(row, name, value)
        wake_run_pages(self._services.redis, run_id, self.owner_id)
