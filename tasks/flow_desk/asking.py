"""Who asks: an execution of that kernel, that runs, and its flow where that is saved. Read each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker_config.wire.errors import NotFound
from broker_config.wire.names import EXECUTION_ID, kernel_of
from broker_config.wire.states import EXECUTION_OPEN, ExecutionState
from tasks import flow_documents
from tasks.flow_desk.refusals import Refused
from tasks.ledger import artifacts, executions, flows, kernels
from tasks.ledger.models import Flow, Kernel
from tasks.ledger.session import Session

NOT_RUNNING = "this execution does not run any more: what it asks for is not done"


@dataclass(frozen=True, slots=True)
class Asker:
    """One execution. ``flow`` and ``document`` are there where its kernel's owner has its flow saved."""

    execution: executions.Brief
    kernel: Kernel
    flow: Flow | None
    document: Mapping[str, Any] | None

    @property
    def node_id(self) -> str:
        """The node's id; "" for none."""
        return self.execution.node_id or ""

    @property
    def place(self) -> artifacts.Place:
        """Where its artifacts are."""
        flow_key = artifacts.flow_key(self.execution.flow_id, self.execution.kernel_uid)
        return artifacts.Place(self.execution.owner_id, flow_key)

    @property
    def scope(self) -> str:
        """Which artifacts it sees and publishes."""
        return artifacts.CELLS if self.execution.interactive else artifacts.RUN

    @property
    def node(self) -> Mapping[str, Any] | None:
        """Its node, where it is in the newest version of a saved flow."""
        if self.document is None or not self.node_id:
            return None
        return flow_documents.node_of(self.document, self.node_id)

    def name_of(self, node_id: str) -> str:
        """A node's name as people know it."""
        node = None if self.document is None else flow_documents.node_of(self.document, node_id)
        return str(node["name"]) if node is not None else node_id


def kernel_that_asks(s: Session, uid: str) -> Kernel:
    """The kernel of a stream.

    Raises:
        NotFound: it is deleted.
    """
    kernel = kernels.get(s, uid)
    if kernel is None or kernel.deleted_at is not None:
        raise NotFound("this kernel is deleted")
    return kernel


def asker(s: Session, uid: str, execution_id: str) -> Asker:
    """Who asks.

    Raises:
        Refused: it is no execution of this kernel, or it has ended. NotFound: the kernel is deleted.
    """
    if not EXECUTION_ID.fullmatch(execution_id) or kernel_of(execution_id) != uid:
        raise Refused("RuntimeError", "this is no execution of this kernel")
    execution = executions.brief(s, execution_id)
    # `queued`: the recorder may be behind.
    if execution is None or ExecutionState(execution.status) not in EXECUTION_OPEN:
        raise Refused("RuntimeError", NOT_RUNNING)
    found = flows.saved(s, execution.flow_id, execution.owner_id) if execution.flow_id else None
    flow, version = found or (None, None)
    return Asker(execution, kernel_that_asks(s, uid), flow, None if version is None else version.document)
