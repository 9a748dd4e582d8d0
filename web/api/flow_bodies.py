"""What a flow is asked to be."""

from __future__ import annotations

from typing import Annotated, Any

from flask import request
from pydantic import Field

from broker_config.wire.errors import BadField, Conflict
from tasks import flow_documents
from tasks.ledger.flows import LOST_UPDATE
from web.api.shapes.flows import DOCUMENT
from web.validation.fields import Flag, LongName, PageQuery, Strict

HEADER = "If-Match"


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


def tag(version: int) -> dict[str, str]:
    """The header that names a version of a flow."""
    return {"ETag": f'"{version}"'}


def expected(newest: int, said: int | None = None) -> int | None:
    """Which version a change was made from, as ``If-Match`` or the body says; None: neither does.

    Raises:
        BadField: it is no version, or both say one and not the same. Conflict: it is not the newest.
    """
    if HEADER not in request.headers:
        return said
    if request.if_match.star_tag:
        return newest if said is None else said
    tags = request.if_match.as_set()
    if not tags or not all(one.isascii() and one.isdigit() for one in tags):
        raise BadField('is the ETag of the version that was changed, such as "3"', HEADER)
    if said is not None and str(said) not in tags:
        raise BadField(f"names another version than {HEADER}", "version")
    if str(newest) not in tags:
        raise Conflict(LOST_UPDATE, "version")
    return newest
