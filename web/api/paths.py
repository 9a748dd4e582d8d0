"""Path parameters. What could not be anything's name is not found, like everything else that is not there."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from broker_config.wire import names
from broker_config.wire.errors import NotFound
from web.validation.fields import FlowId, Strict, Whole


def _kernel(ref: str) -> str:
    if not names.KERNEL_ID.fullmatch(ref):
        raise NotFound("there is no such kernel")
    return ref


def _execution(ref: str) -> str:
    if not names.EXECUTION_ID.fullmatch(ref):
        raise NotFound("there is no such execution")
    return ref


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


class DisplayPath(ExecutionPath):
    """One display of an execution."""

    display_id: str


class ObjectPath(ExecutionPath):
    """A large piece of an execution's output."""

    ref: str


__all__ = [
    "DisplayPath",
    "ExecutionPath",
    "FilePath",
    "FlowId",
    "KernelPath",
    "NamespacePath",
    "ObjectPath",
    "SessionPath",
    "TokenPath",
    "UserPath",
]
