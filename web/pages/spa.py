"""The addresses of the front end. One page serves them all; who may see what, it asks the API."""

from __future__ import annotations

import secrets
from typing import cast

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound

from web.context import web
from web.pages.built import Asset

pages = Blueprint("pages", __name__)

KERNELS = "/kernels"
ASSETS = "assets"
FOREVER = "public, max-age=31536000, immutable"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; worker-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SCRIPT_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
"""A worker has its own script's policy, not the page's: it reads the event stream."""
NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Husk</title></head>
<body>
<h1>The pages are not built yet</h1>
<p>In the checkout: <code>make up</code>, or <code>python -m web.stack.frontend_build</code>; then reload.</p>
<p>The API is there: <a href="/api/v1/docs">/api/v1/docs</a></p>
</body>
</html>
"""


@pages.get("/")
def home() -> Response:
    """The first page is the list of kernels."""
    return cast(Response, redirect(KERNELS, 302, Response))


@pages.get("/login")
@pages.get(KERNELS)
@pages.get(f"{KERNELS}/<_kernel>")
@pages.get("/flows")
@pages.get("/flows/<_flow>")
@pages.get("/flows/<_flow>/nodes/<_node>")
@pages.get("/notebooks")
@pages.get("/notebooks/<_notebook>")
@pages.get("/runs")
@pages.get("/runs/<_run>")
@pages.get("/runs/<_run>/compare/<_other>")
@pages.get("/schedules")
@pages.get("/artifacts")
@pages.get("/artifacts/<_flow>/<_entry>")
@pages.get("/logs")
@pages.get("/catalog")
@pages.get("/catalog/<_entry>")
@pages.get("/files")
@pages.get("/account")
@pages.get("/system")
@pages.get("/system/runtime")
@pages.get("/system/dead-letters")
@pages.get("/system/users")
@pages.get("/system/audit")
def page(**_named: str) -> Response:
    """The page, whatever its address names."""
    nonce = secrets.token_urlsafe(18)
    text = web().pages.page(nonce)
    response = Response(
        text or NOT_BUILT, 503 if text is None else 200, content_type="text/html; charset=utf-8"
    )
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    return response


@pages.get(f"/{ASSETS}/<path:name>")
def asset(name: str) -> Response:
    """A part of the page; its name changes with what is in it."""
    found = web().pages.asset(f"{ASSETS}/{name}")
    if found is None:
        raise NotFound("there is no such part of the page")
    return _answer(found)


def _answer(found: Asset) -> Response:
    packed = found.compressed if request.accept_encodings.quality("gzip") > 0 else None
    response = Response(packed or found.body, content_type=found.mime)
    response.headers["Cache-Control"] = FOREVER
    response.vary.add("Accept-Encoding")
    if found.mime.startswith("text/javascript"):
        response.headers["Content-Security-Policy"] = SCRIPT_POLICY
    if packed is not None:
        response.headers["Content-Encoding"] = "gzip"
    return response
