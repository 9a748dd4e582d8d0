"""The one guard: runs before every view, refuses by default."""

from __future__ import annotations

from flask import Flask, g, request

from web.auth import rules
from web.context import web

SOCKET_S = 30.0


def install(app: Flask) -> None:
    """Put the guard before every route of ``app``."""
    app.before_request(_bound_socket)
    app.before_request(_guard)


def _guard() -> None:
    # Without a rule it is a 404 or 405 whoever asks.
    if request.url_rule is None or request.endpoint in rules.PUBLIC:
        return
    g.caller = web().logins.caller(request.headers.get("Authorization"))
    rules.check(g.caller, request.endpoint or "", request.method)


def _bound_socket() -> None:
    # A client that neither sends nor reads would hold one of the request threads for ever.
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(SOCKET_S)
