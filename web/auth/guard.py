"""The one guard: runs before every view, refuses by default."""

from __future__ import annotations

import hmac

from flask import Flask, g, request

from web.auth import csrf, rules
from web.auth.login import given
from web.context import web

SOCKET_S = 30.0
FIGURES = "metrics.metrics"
"""Opened by the setting ``metrics_token``, too: a scraper is no account."""


def install(app: Flask) -> None:
    """Put the guard before every route of ``app``."""
    app.before_request(_bound_socket)
    app.before_request(_guard)


def _guard() -> None:
    # Without a rule of the URL map it is a 404 or 405 whoever asks.
    if request.url_rule is None or request.endpoint is None:
        return
    if request.endpoint in rules.PUBLIC:
        if request.method not in rules.READS:
            csrf.check_origin(request)
        return
    if request.endpoint == FIGURES and _is_prometheus():
        return
    g.caller = web().logins.caller(given(request))
    csrf.check(request, g.caller)
    rules.check(g.caller, request.endpoint, request.method)


def _is_prometheus() -> bool:
    """Whether the request shows the key that opens the figures, and nothing else."""
    key = web().services.settings.metrics_token.get_secret_value()
    shown = request.headers.get("Authorization", "")
    return bool(key) and hmac.compare_digest(shown.encode(), f"Bearer {key}".encode())


def _bound_socket() -> None:
    # A client that neither sends nor reads would hold one of the request threads for ever.
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(SOCKET_S)
