"""Who asks: an execution of that kernel, that runs, and its flow where that is saved. Read each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from broker_config.wire.errors import NotFound
from broker_config.wire.names import EXECUTION_ID, kernel_of
from broker_config.wire.states import EXECUTION_OPEN, ExecutionState
from tasks.flow_desk.refusals import Refused
from tasks.flow_documents import Input
from tasks.flow_runs.versions import VERSIONS, Version
from tasks.ledger import artifacts, executions, kernels
from tasks.ledger.models import Kernel
from tasks.ledger.session import Session

NOT_RUNNING = "this execution does not run any more: what it asks for is not done"


@dataclass(frozen=True, slots=True)
class Asker:
    """One execution. ``version`` is there where its kernel's owner has its flow saved.

    It is the one of its run, or the newest. ``finalized``: what was answered when it was.
    """

    execution: executions.Brief
    kernel: Kernel
    version: Version | None
    finalized: Mapping[str, Any] | None

    @property
    def node_id(self) -> str:
        """The node's id; "" for none."""
        return self.execution.node_id or ""

    @property
    def place(self) -> artifacts.Place:
        """Where its outputs and artifacts are: in its run, its flow, or the kernel's loose namespace."""
        if self.execution.run_id is not None:
            return artifacts.place_of_run(self.execution.owner_id, self.execution.run_id)
        flow_key = artifacts.flow_key(self.execution.flow_id, self.execution.kernel_uid)
        return artifacts.Place(self.execution.owner_id, flow_key)

    @property
    def scope(self) -> str:
        """Which artifacts it sees and publishes."""
        return artifacts.CELLS if self.execution.interactive else artifacts.RUN

    @property
    def node(self) -> Mapping[str, Any] | None:
        """Its node, where it is in that version."""
        return None if self.version is None else self.version.nodes.get(self.node_id)

    @property
    def inputs(self) -> Sequence[Input]:
        """What its node reads, in the order of its connections."""
        return () if self.version is None else self.version.inputs(self.node_id)

    def name_of(self, node_id: str) -> str:
        """A node's name as people know it."""
        node = None if self.version is None else self.version.nodes.get(node_id)
        return str(node["name"]) if node is not None else node_id

    def upstream(self) -> set[str]:
        """Ids of all nodes from which connections lead to its own, over however many others."""
        found: set[str] = set()
        waiting = [self.node_id]
        while self.version is not None and waiting:
            new = {one.node_id for one in self.version.inputs(waiting.pop())} - found
            found |= new
            waiting.extend(new)
        return found


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
    found = executions.asking(s, execution_id)
    # `queued`: the recorder may be behind.
    if found is None or ExecutionState(found.execution.status) not in EXECUTION_OPEN:
        raise Refused("RuntimeError", NOT_RUNNING)
    if found.kernel.deleted_at is not None:
        raise NotFound("this kernel is deleted")
    number = found.version
    version = None if number is None else VERSIONS.get(s, found.execution.flow_id, number)
    return Asker(found.execution, found.kernel, version, found.finalized)
