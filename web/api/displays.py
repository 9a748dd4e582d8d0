"""HTML that a cell displayed, for an iframe: where it can run scripts and reach nothing."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from broker_config.wire.errors import Forbidden, NotFound, TooLarge
from tasks.objects.keys import kernel_prefix
from web.api.completed import complete
from web.api.documents import binary, resource
from web.api.executions import find_execution
from web.api.paths import DisplayPath
from web.context import services, web
from web.validation.checked import checked

api = resource("displays", "HTML that a cell displayed")

HTML = "text/html"
MOST_BYTES = 32 * 1024 * 1024
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEAD = """<!doctype html>
<meta charset="utf-8">
<style>html{background:#fff;color:#111;font:13px system-ui,sans-serif}body{margin:0}</style>
<script>addEventListener("load",()=>{const tell=()=>parent.postMessage({husk:"height",\
h:Math.ceil(document.documentElement.getBoundingClientRect().height)},"*");\
new ResizeObserver(tell).observe(document.documentElement);tell()})</script>
"""
"""Its own height is all that it can tell; the page checks who says it, and bounds it."""


@api.get(
    "/executions/<execution_id>/displays/<display_id>/raw",
    responses=binary(200, HTML, "The HTML, with a policy that lets it reach nothing"),
)
@checked
def raw(path: DisplayPath) -> Response:
    """A display's `text/html`, as it is now, also while the cell runs; only for an iframe with `sandbox`."""
    if request.headers.get("Sec-Fetch-Dest") == "document":
        raise Forbidden("this is shown within its cell alone: as a page of its own it could pass for Husk's")
    row = find_execution(path.execution_id)
    shown = complete(web(), row)["displays"]
    found = next((one for one in reversed(shown) if one["id"] == path.display_id), None)
    content = None if found is None else found["data"].get(HTML)
    body = _bytes(content, kernel_prefix(row.kernel_uid))
    response = Response(HEAD.encode() + body, content_type=f"{HTML}; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _bytes(content: Any, prefix: str) -> bytes:
    if isinstance(content, list) and all(isinstance(line, str) for line in content):
        content = "".join(content)
    if isinstance(content, str):
        return content.encode("utf-8", "replace")
    ref = content.get("ref") if isinstance(content, dict) else None
    # A kernel may claim any reference: only its own objects are given.
    if not isinstance(ref, str) or not ref.startswith(prefix):
        raise NotFound("this execution shows no such HTML")
    size = services().store.stat(ref).size
    if size > MOST_BYTES:
        raise TooLarge(f"this HTML has {size} bytes; at most {MOST_BYTES} are shown: download it")
    opened = services().store.open(ref, 0, size)
    try:
        return b"".join(opened)
    finally:
        opened.close()
