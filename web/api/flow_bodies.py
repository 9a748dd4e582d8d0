"""What a flow is asked to be."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tasks import flow_documents
from web.api.shapes.flows import DOCUMENT
from web.validation.fields import Flag, LongName, PageQuery, Strict


class FlowBody(Strict):
    """A flow's document."""

    name: LongName
    nodes: list[dict[str, Any]] = Field(description="`{id, type, name, kernel, settings}`")
    connections: list[dict[str, Any]] = Field(
        [], description="`{from, output, to, input}`; output is `main` if it is left out"
    )
    parameters: dict[str, Any] = Field({}, description="Name → default value")
    default_kernel: str | None = Field(None, description="Kernel of nodes that name none")


class FlowChange(FlowBody):
    """A flow's next version."""

    version: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The version that it was made from, where no `If-Match` says it"
    )


class ListQuery(PageQuery):
    """Which flows."""

    all: Flag = Field(False, description="Everybody's, for an admin")


def document(body: FlowBody) -> flow_documents.Document:
    """The document, checked; raises ``BadField`` with the path of what is wrong."""
    return flow_documents.validate({name: getattr(body, name) for name in DOCUMENT})
