"""Flows' namespaces on a kernel, and questions that are answered beside a running cell."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broker_config.wire import names
from broker_config.wire.errors import KernelNotRunning, NotFound, Unavailable
from broker_config.wire.messages import RestartNamespace
from broker_config.wire.states import KernelState
from tasks.control_list import check, tell
from tasks.ledger import kernels
from web import audit
from web.answers import json_answer
from web.api.clearing import erase
from web.api.documents import answers, resource
from web.api.kernels import find
from web.api.paths import KernelPath, NamespacePath
from web.context import services, web
from web.live.asking import ask
from web.validation.checked import checked
from web.validation.fields import FlowId, NodeId, Shape, Strict

api = resource("namespaces", "Variables of a flow on a kernel; completions and inspections")

LOOSE = "-"
RUNS = frozenset({KernelState.READY, KernelState.UNRESPONSIVE})
A = TypeVar("A", bound=BaseModel)


class Question(Strict):
    """A place in code; `cursor` counts its characters from 0."""

    code: str = Field(max_length=1_000_000)
    cursor: int = Field(ge=0)
    flow_id: FlowId | None = None


class Told(BaseModel):
    """Base of a kernel's answers: what it says besides is left out."""

    model_config = ConfigDict(extra="ignore", strict=True)


class Completions(Told):
    """What could stand there; cursors count characters of `code`.

    `kinds`: one for each match: `function`, `class`, `module`, `property`, `variable`, `keyword`, `param`,
    `key` of a dictionary or column, `path`, `magic`, or another word.
    """

    matches: list[str]
    kinds: list[str] = []
    cursor_start: int
    cursor_end: int


class Inspection(Told):
    """Signature and documentation of what the cursor is on, or of the call that it is in.

    `kind` as in completions; `type`: its class; `repr`: a short one, of variables; `text`: all of it.
    """

    found: bool
    name: str | None
    kind: str = ""
    type: str = ""
    signature: str = ""
    doc: str = ""
    repr: str = ""
    text: str


class CallSignature(Told):
    """The call whose arguments the cursor is in.

    `parameters`: where each stands in `label`, in characters; `active`: which of them the argument is for.
    """

    found: bool
    label: str
    parameters: list[list[int]] = []
    active: int | None
    doc: str


class Variable(Told):
    """A variable; size in bytes, where it is known."""

    name: str
    type: str
    size: int | None
    repr: str


class Variables(Told):
    """A namespace's variables; `total` may be more than are listed."""

    variables: list[Variable]
    total: int


class NamespaceShape(Shape):
    """A namespace after its restart; `epoch` counts its restarts."""

    kernel_id: str
    flow_id: str | None
    epoch: int


class ClearQuery(Strict):
    """Whose output."""

    node: NodeId | None = Field(None, description="Only the cells of this node, and none of its runs")


class Cleared(Shape):
    """Of how many executions the output was erased."""

    kernel_id: str
    flow_id: str | None
    cleared: int


@api.post("/kernels/<kernel_id>/namespaces/<flow_id>/restart", responses=answers(202, NamespaceShape))
@checked
def restart(path: NamespacePath) -> Response:
    """Interrupt what runs in a flow's namespace and clear its variables. `-` is the loose namespace."""
    flow_id, kernel = _flow(path), find(path.kernel_id)
    if kernel.state not in RUNS:
        raise KernelNotRunning(f"the kernel is {kernel.state}: there are no variables")
    # Seen before the write, so that nobody who writes has to wait for a Redis that is away.
    check(services().redis)
    with services().ledger.write() as session:
        epoch = kernels.next_epoch(session, kernel.uid, flow_id)
        audit.note(session, "namespace.restart", kernel.uid, flow=flow_id)
        # Told within it: a restart that the kernel does not hear of has not happened, and may be asked again.
        tell(services().redis, kernel.uid, RestartNamespace(flow_id, epoch))
    return json_answer({"kernel_id": kernel.uid, "flow_id": flow_id or None, "epoch": epoch}, 202)


@api.delete("/kernels/<kernel_id>/namespaces/<flow_id>/outputs", responses=answers(200, Cleared))
@checked
def clear_outputs(path: NamespacePath, query: ClearQuery) -> Response:
    """Erase what the ended cells of a namespace put out, for good; variables and states stay."""
    flow_id, kernel = _flow(path), find(path.kernel_id)
    count = erase(kernel.uid, flow_id, query.node)
    return json_answer({"kernel_id": kernel.uid, "flow_id": flow_id or None, "cleared": count})


@api.get("/kernels/<kernel_id>/namespaces/<flow_id>/variables", responses=answers(200, Variables))
@checked
def variables(path: NamespacePath) -> Response:
    """Name, type, size and a short repr of each variable."""
    return _ask(path.kernel_id, "variables", {"flow_id": _flow(path)}, Variables)


@api.post("/kernels/<kernel_id>/complete", responses=answers(200, Completions))
@checked
def complete(path: KernelPath, body: Question) -> Response:
    """Completions at a place in code."""
    return _ask(path.kernel_id, "complete", _args(body), Completions)


@api.post("/kernels/<kernel_id>/inspect", responses=answers(200, Inspection))
@checked
def inspect(path: KernelPath, body: Question) -> Response:
    """Documentation of what stands at a place in code."""
    return _ask(path.kernel_id, "inspect", _args(body), Inspection)


@api.post("/kernels/<kernel_id>/signature", responses=answers(200, CallSignature))
@checked
def signature(path: KernelPath, body: Question) -> Response:
    """Signature of the call whose arguments a place in code is in."""
    return _ask(path.kernel_id, "signature", _args(body), CallSignature)


def _flow(path: NamespacePath) -> str:
    if path.flow_id == LOOSE:
        return ""
    if not names.FLOW_ID.fullmatch(path.flow_id):
        raise NotFound("there is no such namespace")
    return path.flow_id


def _args(body: Question) -> dict[str, Any]:
    return {"code": body.code, "cursor": min(body.cursor, len(body.code)), "flow_id": body.flow_id or ""}


def _ask(ref: str, kind: str, args: dict[str, Any], shape: type[A]) -> Response:
    data = ask(web().reader, services().redis, find(ref), kind, args)
    try:
        return json_answer(shape.model_validate(data).model_dump())
    except ValidationError:
        raise Unavailable("the kernel's answer makes no sense: restart the kernel") from None
