"""Path parameters. What could not be anything's name is not found, like everything else that is not there."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from broker_config.wire import names
from broker_config.wire.errors import BadField, NotFound
from web.validation.fields import FlowId, Strict, Whole


def _kernel(ref: str) -> str:
    if not names.KERNEL_ID.fullmatch(ref):
        raise NotFound("there is no such kernel")
    return ref


def _execution(ref: str) -> str:
    if not names.EXECUTION_ID.fullmatch(ref):
        raise NotFound("there is no such execution")
    return ref


def _flow(ref: str) -> str:
    if not (names.FLOW_ID.fullmatch(ref) or (ref[:1] == "~" and names.UID.fullmatch(ref[1:]))):
        raise NotFound("there is no such flow")
    return ref


def _run(ref: str) -> str:
    if not names.UID.fullmatch(ref):
        raise NotFound("there is no such run")
    return ref


def _schedule(ref: str) -> str:
    if not names.UID.fullmatch(ref):
        raise NotFound("there is no such schedule")
    return ref


def _notebook(ref: str) -> str:
    if not names.FLOW_ID.fullmatch(ref):
        raise NotFound("there is no such notebook")
    return ref


def _node(ref: str) -> str:
    if not names.FLOW_ID.fullmatch(ref):
        raise NotFound("there is no such node")
    return ref


def _artifact(name: str) -> str:
    try:
        return names.check_artifact_name(name)
    except BadField:
        raise NotFound("there is nothing of this name") from None


class KernelPath(Strict):
    """One kernel."""

    kernel_id: Annotated[str, AfterValidator(_kernel)] = Field(
        description="One's own id for it, or a uid that one may see"
    )


class ExecutionPath(Strict):
    """One execution."""

    execution_id: Annotated[str, AfterValidator(_execution)]


class NamespacePath(KernelPath):
    """One flow's namespace on a kernel; `-` is the loose one."""

    flow_id: str


class TokenPath(Strict):
    """One token."""

    token_id: Whole


class SessionPath(Strict):
    """One login of a browser."""

    session_id: Whole


class UserPath(Strict):
    """One account."""

    user_id: Whole


class FilePath(Strict):
    """A shared file."""

    path: str


class FlowPath(Strict):
    """One flow."""

    flow_id: Annotated[str, AfterValidator(_flow)] = Field(
        description="A saved flow; for what it made also one's own id of cells, or `~` and a kernel's uid"
    )


class FlowVersionPath(FlowPath):
    """One version of a flow."""

    version: Whole


class FlowNodePath(FlowPath):
    """One node of a flow."""

    node_id: Annotated[str, AfterValidator(_node)]


class NotebookPath(Strict):
    """One notebook."""

    notebook_id: Annotated[str, AfterValidator(_notebook)]


class LocalArtifactPath(FlowPath):
    """One artifact of a flow."""

    artifact: Annotated[str, AfterValidator(_artifact)]


class OutputPath(FlowPath):
    """One output of a node."""

    node_id: Annotated[str, AfterValidator(_node)]
    output: Annotated[str, AfterValidator(_artifact)]


class RunPath(Strict):
    """One run of a flow."""

    run_id: Annotated[str, AfterValidator(_run)]


class RunPairPath(RunPath):
    """Two runs."""

    other_id: Annotated[str, AfterValidator(_run)]


class RunNodePath(RunPath):
    """One node in a run."""

    node_id: Annotated[str, AfterValidator(_node)]


class RunOutputPath(RunNodePath):
    """One output of a node in a run."""

    output: Annotated[str, AfterValidator(_artifact)]


class SchedulePath(Strict):
    """One schedule."""

    schedule_id: Annotated[str, AfterValidator(_schedule)]


class RunGroupPath(Strict):
    """Runs that were asked for together."""

    group_id: Annotated[str, AfterValidator(_run)]


class CatalogPath(Strict):
    """A name in the catalog; its namespace is in the query."""

    artifact: Annotated[str, AfterValidator(_artifact)]


class CatalogVersionPath(CatalogPath):
    """One version of a name."""

    version: Whole


class DisplayPath(ExecutionPath):
    """One display of an execution."""

    display_id: str


class ObjectPath(ExecutionPath):
    """A large piece of an execution's output."""

    ref: str


__all__ = [
    "CatalogPath",
    "CatalogVersionPath",
    "DisplayPath",
    "ExecutionPath",
    "FilePath",
    "FlowId",
    "FlowNodePath",
    "FlowPath",
    "FlowVersionPath",
    "KernelPath",
    "LocalArtifactPath",
    "NamespacePath",
    "NotebookPath",
    "ObjectPath",
    "OutputPath",
    "RunGroupPath",
    "RunNodePath",
    "RunOutputPath",
    "RunPath",
    "SessionPath",
    "TokenPath",
    "UserPath",
]
