"""How operations are described: one tag a resource, and the errors that every operation may answer."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from web.api.shapes.basic import ErrorAnswer

PREFIX = "/api/v1"
SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
READING = (400, 401, 403, 404, 422, 429, 503)
CHANGING = (409, 413, 415)


def resource(name: str, description: str, public: bool = False) -> APIBlueprint:
    """A blueprint below ``PREFIX``; its operations document their errors.

    By reference: a model is made a schema again for each operation and status, which took half of the
    time that the web takes to start.
    """
    schema = {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}
    errors: ResponseDict = {
        status: {"content": {"application/json": {"schema": schema}}} for status in (*READING, *CHANGING)
    }
    return APIBlueprint(
        name,
        __name__,
        url_prefix=PREFIX,
        abp_tags=[Tag(name=name, description=description)],
        abp_security=[] if public else SECURITY,
        abp_responses=errors,
        operation_id_callback=_operation_id,
    )


def answers(status: int, shape: type[BaseModel] | None) -> ResponseDict:
    """The success of an operation; None: it has no body."""
    return {status: shape if shape is not None else {"description": "Done; no body"}}


def binary(status: int, mime: str, description: str, instead: type[BaseModel] | None = None) -> ResponseDict:
    """A success whose body is no JSON; or ``instead``, which another operation describes."""
    content: dict[str, object] = {mime: {"schema": {"type": "string", "format": "binary"}}}
    if instead is not None:
        content["application/json"] = {"schema": {"$ref": f"#/components/schemas/{instead.__name__}"}}
    return {status: {"description": description, "content": content}}


def _operation_id(*, bp_name: str, name: str, path: str, method: str) -> str:
    return f"{bp_name}_{name}"
