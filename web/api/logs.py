"""Lines that executions logged, searched."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AfterValidator, Field

from broker_config.wire import names
from tasks.ledger import kernels
from tasks.ledger.logs import LogSearch, search_logs
from tasks.ledger.models import LogLine
from web.answers import page
from web.api.documents import answers, resource
from web.api.shapes.basic import LIST_END, moment
from web.context import caller, services
from web.validation.checked import checked
from web.validation.fields import KernelId, NodeId, PageQuery, Shape
from web.validation.moments import Moment

api = resource("logs", "What executions logged")


def _execution(value: str) -> str:
    if not names.EXECUTION_ID.fullmatch(value):
        raise ValueError("is the id of an execution")
    return value


def _run(value: str) -> str:
    if not names.UID.fullmatch(value):
        raise ValueError("is the id of a run")
    return value


class LogQuery(PageQuery):
    """Which lines; all of these hold."""

    flow: NodeId | None = None
    kernel: KernelId | None = Field(None, description="One's own id for it, or a uid that one may see")
    node: NodeId | None = None
    execution: Annotated[str, AfterValidator(_execution)] | None = None
    run: Annotated[str, AfterValidator(_run)] | None = None
    since: Moment | None = Field(None, description="Logged then or later")
    until: Moment | None = Field(None, description="Logged before")
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None = Field(
        None, description="This one or worse"
    )
    q: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Is in the message, whatever its case"
    )


class LogLineShape(Shape):
    """A line."""

    at: str | None
    level: str
    logger: str
    message: str
    kernel_id: str
    flow_id: str
    node_id: str | None
    execution_id: str


class LogLineList(Shape):
    """Lines, the newest first."""

    items: list[LogLineShape]
    next: str | None = Field(description=LIST_END)


@api.get("/logs", responses=answers(200, LogLineList))
@checked
def every(query: LogQuery) -> Response:
    """Lines of executions that have ended, the newest first; an execution's own events have them live."""
    with services().ledger.read() as session:
        user = caller().user
        uid = None if query.kernel is None else kernels.visible(session, user, query.kernel).uid
        named = (query.flow, uid, query.node, query.execution, query.level, query.q, query.run)
        search = LogSearch(*named, query.since, query.until)
        rows, after = search_logs(session, user, search, query.after, query.limit)
    return page(rows, after, show)


def show(row: LogLine) -> dict[str, Any]:
    """A ``LogLineShape``."""
    plain = ("level", "logger", "message", "flow_id", "node_id", "execution_id")
    return {
        **{name: getattr(row, name) for name in plain},
        "kernel_id": row.kernel_uid,
        "at": moment(row.at),
    }
