"""Large pieces of an execution's output, which the ledger has by reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response

from broker_config.wire.errors import NotFound
from tasks.ledger import executions
from tasks.objects.keys import kernel_prefix
from web.api.documents import binary, resource
from web.api.downloads import BINARY, Download, send
from web.api.executions import find_execution
from web.api.paths import ObjectPath
from web.api.shapes.executions import output_of
from web.context import services
from web.validation.checked import checked

api = resource("objects", "Large pieces of output")


@api.get(
    "/executions/<execution_id>/objects/<path:ref>",
    responses={
        **binary(200, BINARY, "The bytes"),
        **binary(206, BINARY, "A part of them"),
        **binary(416, "application/json", "The range is outside"),
    },
)
@checked
def one(path: ObjectPath) -> Response:
    """The bytes behind a `ref` of a display, or `full` of a truncated stream."""
    row = find_execution(path.execution_id)
    with services().ledger.read() as session:
        output = output_of(executions.output(session, row.id))
    # A kernel may claim any reference: only its own objects are given.
    if not path.ref.startswith(kernel_prefix(row.kernel_uid)) or path.ref not in set(_references(output)):
        raise NotFound("this execution refers to no such object")
    info = services().store.stat(path.ref)
    return send(services(), lambda: Download(path.ref, info.size, info.sha256 or "", path.ref))


def _references(output: dict[str, Any]) -> Iterator[str]:
    for lost in output["truncated"]:
        if isinstance(lost.get("full"), str):
            yield lost["full"]
    for item in output["items"]:
        for content in (item.get("data") or {}).values():
            if isinstance(content, dict) and isinstance(content.get("ref"), str):
                yield content["ref"]
