"""What kernels run in on this host, and a kernel's own log."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from tasks.logs import kernel_log
from web.answers import json_answer
from web.api.documents import answers, resource
from web.api.kernels import find
from web.api.paths import KernelPath
from web.context import services, web
from web.validation.checked import checked
from web.validation.fields import MOST_PER_PAGE, Limit, Shape, Strict

api = resource("runtime", "What serves here")


class RuntimeShape(BaseModel):
    """The runtime of new kernels, and what it isolates and what not."""

    model_config = ConfigDict(extra="allow")

    runtime: str
    isolated: bool
    setting: str = Field(description="What was asked for: auto, process or docker")
    engine: dict[str, Any] = Field(description="Whether a Docker Engine is reachable, and what is in the way")
    image: dict[str, Any] = Field(description="Whether the kernels' image is there, by tag and digest")
    layers: dict[str, Any] = Field(description="Layers of isolation of containers here: there, and what")
    layers_absent: list[str]
    gpu: bool
    self_test: dict[str, Any] | None = Field(
        description="Limits of containers that this host was seen to enforce; null for processes"
    )
    banner: str | None = Field(description="What every page shows at its top, with the command that helps")


class LogQuery(Strict):
    """How much."""

    lines: Limit = Field(MOST_PER_PAGE, description="Lines from the end")


class LogAnswer(Shape):
    """The end of a kernel's log."""

    text: str


@api.get("/runtime", responses=answers(200, RuntimeShape))
@checked
def runtime() -> Response:
    """Which runtime serves, and which walls there are."""
    return json_answer(web().facts.get(services()))


@api.get("/kernels/<kernel_id>/logs", responses=answers(200, LogAnswer))
@checked
def logs(path: KernelPath, query: LogQuery) -> Response:
    """The kernel's own log: of its agent, not of its cells."""
    kernel = find(path.kernel_id)
    return json_answer({"text": kernel_log(services(), kernel, query.lines)})
