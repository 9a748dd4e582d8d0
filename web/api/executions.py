"""Executions: cells sent to a kernel, seen, followed, cancelled."""

from __future__ import annotations

import uuid
from typing import Annotated

from flask import Response, request
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from broker_config.wire import names
from broker_config.wire.errors import BadField
from broker_config.wire.states import DesiredState, ExecutionState
from tasks import cancelling, submission
from tasks.ledger import executions, kernels, shares
from tasks.ledger.models import Execution
from tasks.submission import AcceptedCell, Cell
from web import audit
from web.answers import JSON_TYPE, dumps, json_answer
from web.api import intents
from web.api.completed import complete, complete_all
from web.api.documents import answers, resource
from web.api.kernels import find
from web.api.paths import ExecutionPath, KernelPath
from web.api.shapes.executions import (
    BY_KIND,
    Accepted,
    AcceptedBatch,
    ExecutionList,
    ExecutionOutputs,
    ExecutionShape,
    ExecutionSummary,
    accepted,
    summary,
)
from web.auth import rules
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import CellId, Flag, FlowId, KernelId, LongName, NodeId, PageQuery, Seconds, Strict

api = resource("executions", "Cells: each reaches exactly one end, and runs at most once")

MOST_CELLS = 1_000
MOST_IDS = 50
MOST_BYTES = 4 * 2**20
"""Of one answer with several outputs; the one that goes over it is its last."""


def _state(value: str) -> str:
    if value not in set(ExecutionState):
        raise ValueError(f"is one of {', '.join(ExecutionState)}")
    return value


class NewExecutionBody(Strict):
    """A cell to run."""

    code: str
    flow_id: FlowId | None = Field(None, description="Whose namespace; none: the kernel's loose one")
    node_id: NodeId | None = None
    cell_id: CellId | None = Field(None, description="Which cell of its notebook or node this is")
    interactive: bool = Field(True, description="Shows the last expression; runs before batch work")
    start: bool = Field(False, description="Start the kernel if it does not run")
    timeout_s: Seconds | None = None
    idempotency_key: LongName | None = Field(None, description="The same key and cell: the same execution")


class CellBody(Strict):
    """One cell of a batch."""

    code: str
    node_id: NodeId | None = None
    cell_id: CellId | None = None


class BatchBody(Strict):
    """Cells to run one after another."""

    cells: list[CellBody] = Field(min_length=1, max_length=MOST_CELLS)
    flow_id: FlowId | None = None
    stop_on_error: bool = Field(True, description="When one fails the rest end as skipped")


class CancelBody(Strict):
    """How to cancel."""

    kill: bool = Field(False, description="End the runner if it runs: the kernel's variables are lost")


class ListQuery(PageQuery):
    """Which executions."""

    kernel: KernelId | None = None
    flow: FlowId | None = Field(None, description="A flow, a notebook, or one's own id of cells")
    node: NodeId | None = None
    status: (
        Annotated[str, AfterValidator(_state), Field(json_schema_extra={"enum": list(ExecutionState)})] | None
    ) = None
    of_runs: Flag = Field(True, description="False: no nodes of flows' runs, only what was run by itself")
    latest_per_cell: Flag = Field(
        False, description="Only the newest of each `cell_id` of a node, or of a notebook; goes with `flow`"
    )


def _ids(value: str) -> list[str]:
    ids = value.split(",")
    if len(ids) > MOST_IDS or not all(map(names.EXECUTION_ID.fullmatch, ids)):
        raise ValueError(f"is 1 to {MOST_IDS} ids of executions with commas between them")
    return ids


class OutputsQuery(Strict):
    """Of which executions."""

    ids: Annotated[
        list[str],
        BeforeValidator(_ids),
        WithJsonSchema({"type": "string", "description": f"1 to {MOST_IDS} ids with commas between them"}),
    ]


def find_execution(execution_id: str) -> Execution:
    """The execution that the caller means.

    Raises:
        NotFound: somebody else's.
        Forbidden: its kernel is shared with the caller, but not for what this route does.
    """
    user, endpoint = caller().user, request.endpoint or ""
    with services().ledger.read() as session:
        row = executions.visible(session, user, execution_id)
        if not rules.sees_only(endpoint):
            kernel = kernels.get(session, row.kernel_uid)
            rules.check_access(endpoint, shares.access(session, user, kernel) if kernel else None)
    return row


@api.post("/kernels/<kernel_id>/executions", responses=answers(202, Accepted))
@checked
def submit(path: KernelPath, body: NewExecutionBody) -> Response:
    """Run a cell. With 202 it is in the ledger and cannot be lost."""
    cell = Cell(
        code=body.code,
        flow_id=body.flow_id or "",
        node_id=body.node_id,
        cell_id=body.cell_id,
        interactive=body.interactive,
        timeout_s=body.timeout_s,
        idempotency_key=body.idempotency_key,
    )
    if body.start:
        _start(path.kernel_id)
    return json_answer(accepted(_submit(path.kernel_id, [cell])[0]), 202)


@api.post("/kernels/<kernel_id>/batches", responses=answers(202, AcceptedBatch))
@checked
def submit_batch(path: KernelPath, body: BatchBody) -> Response:
    """Run cells one after another, as one batch."""
    batch_id = str(uuid.uuid4())
    cells = [
        Cell(
            code=cell.code,
            flow_id=body.flow_id or "",
            node_id=cell.node_id,
            cell_id=cell.cell_id,
            batch_id=batch_id,
            stop_on_error=body.stop_on_error,
        )
        for cell in body.cells
    ]
    executions_ = [accepted(one) for one in _submit(path.kernel_id, cells)]
    return json_answer({"batch_id": batch_id, "executions": executions_}, 202)


@api.get("/executions", responses=answers(200, ExecutionList))
@checked
def every(query: ListQuery) -> Response:
    """Executions without their output, newest first."""
    if query.latest_per_cell and not query.flow:
        raise BadField("say of which flow or notebook: `latest_per_cell` goes with `flow`", "latest_per_cell")
    with services().ledger.read() as session:
        user = caller().user
        uid = kernels.visible(session, user, query.kernel).uid if query.kernel is not None else None
        rows, after = executions.page(
            session,
            user,
            kernel_uid=uid,
            flow_id=query.flow,
            node_id=query.node,
            status=query.status,
            newest_of_cells=query.latest_per_cell,
            of_runs=query.of_runs,
            after=query.after,
            limit=query.limit,
        )
        shown = [summary(row, executions.position(session, row)) for row in rows]
    return json_answer({"items": shown, "next": after})


@api.get("/executions/outputs", responses=answers(200, ExecutionOutputs))
@checked
def several(query: OutputsQuery) -> Response:
    """Several executions with their output, in the order of their ids: what is not there is left out."""
    with services().ledger.read() as session:
        rows = executions.visible_of(session, caller().user, query.ids)
    shown: list[str] = []
    for each in complete_all(web(), rows):
        shown.append(dumps({name: value for name, value in each.items() if name not in BY_KIND}))
        if sum(map(len, shown)) >= MOST_BYTES:
            break
    after = rows[len(shown)].id if len(shown) < len(rows) else None
    body = f'{{"items":[{",".join(shown)}],"next":{dumps(after)}}}\n'
    return Response(body, content_type=JSON_TYPE)


@api.get("/executions/<execution_id>", responses=answers(200, ExecutionShape))
@checked
def one(path: ExecutionPath) -> Response:
    """An execution with its output: the ledger's, completed from the live stream while it runs."""
    return json_answer(complete(web(), find_execution(path.execution_id)))


@api.post("/executions/<execution_id>/cancel", responses=answers(202, ExecutionSummary))
@checked
def cancel(path: ExecutionPath, body: CancelBody) -> Response:
    """Remove a waiting execution, interrupt a running one, or with `kill` end its runner."""
    row = cancelling.cancel(services(), find_execution(path.execution_id), body.kill, audit.actor())
    with services().ledger.read() as session:
        shown = summary(row, executions.position(session, row))
    return json_answer(shown, 202)


def _start(ref: str) -> None:
    kernel = find(ref)
    if not submission.takes_cells(kernel):
        intents.settle(services(), kernel.uid, DesiredState.RUNNING, audit.actor())


def _submit(ref: str, cells: list[Cell]) -> list[AcceptedCell]:
    return web().kernel_ids.act(
        (caller().user.id, ref),
        lambda: find(ref).uid,
        lambda uid: submission.submit(services(), uid, cells, must_run=True, actor=audit.actor()),
    )
