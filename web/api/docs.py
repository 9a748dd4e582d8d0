"""The OpenAPI document and a page to try it, all from this server."""

from __future__ import annotations

from importlib.resources import files
from typing import cast

from flask import Blueprint, Response, current_app
from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import NotFound

from web.answers import json_answer
from web.api.documents import PREFIX

docs = Blueprint("docs", __name__)

ASSETS = {
    "swagger-ui.css": ("css/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("js/swagger-ui-bundle.js", "text/javascript"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
PAGE = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Husk API</title>
<link rel="stylesheet" href="{PREFIX}/docs/swagger-ui.css"></head>
<body><div id="ui"></div>
<script src="{PREFIX}/docs/swagger-ui-bundle.js"></script>
<script src="{PREFIX}/docs/begin.js"></script></body>
</html>
"""
BEGIN = f"""SwaggerUIBundle({{url: "{PREFIX}/openapi.json", dom_id: "#ui", deepLinking: true}});
"""


@docs.get(f"{PREFIX}/openapi.json")
def openapi() -> Response:
    """The API's document."""
    return json_answer(cast(OpenAPI, current_app).api_doc)


@docs.get(f"{PREFIX}/docs")
def page() -> Response:
    """The page."""
    return _static(PAGE, "text/html")


@docs.get(f"{PREFIX}/docs/<name>")
def asset(name: str) -> Response:
    """One of the page's parts."""
    if name == "begin.js":
        return _static(BEGIN, "text/javascript")
    if name not in ASSETS:
        raise NotFound("the page has no such part")
    place, mime = ASSETS[name]
    folder = files("flask_openapi3_swagger").joinpath("templates", "swagger")
    response = _static(folder.joinpath(place).read_bytes(), mime)
    response.headers["Cache-Control"] = "max-age=86400"
    return response


def _static(body: str | bytes, mime: str) -> Response:
    return Response(body, content_type=f"{mime}; charset=utf-8", headers={"Content-Security-Policy": POLICY})
