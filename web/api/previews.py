"""Previews of artifacts: plain data that their publisher's runner made. HTML goes into an iframe only."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from broker_config.wire.errors import Forbidden, NotFound
from web.answers import json_answer
from web.api.displays import HEAD, HTML, POLICY


def whole(preview: dict[str, Any] | None) -> Response:
    """All of it, as JSON."""
    return json_answer({"preview": preview})


def html(preview: dict[str, Any] | None) -> Response:
    """Its HTML with a policy that lets it reach nothing.

    Raises:
        NotFound: it has none. Forbidden: asked for as a page of its own.
    """
    if request.headers.get("Sec-Fetch-Dest") == "document":
        raise Forbidden("this is shown with its artifact alone: as a page it could pass for Husk's")
    text = None if preview is None else preview.get("html")
    if not isinstance(text, str):
        raise NotFound("this preview holds no HTML")
    response = Response(HEAD + text, content_type=f"{HTML}; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
