"""What kernels run in on this host, and a kernel's own log."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from tasks.runtimes.process import ProcessRuntime
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
    return json_answer(web().facts.get(services().settings))


@api.get("/kernels/<kernel_id>/logs", responses=answers(200, LogAnswer))
@checked
def logs(path: KernelPath, query: LogQuery) -> Response:
    """The kernel's own log: of its agent, not of its cells."""
    kernel = find(path.kernel_id)
    text = ProcessRuntime(services().settings).log_tail(kernel.uid, query.lines)
    return json_answer({"text": text})
