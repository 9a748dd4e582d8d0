"""The session's cookie: no script reads it, no other site's page sends it; over TLS it stays there."""

from __future__ import annotations

from flask import Request, Response

from web.auth.login import COOKIE


def put(response: Response, request: Request, plain: str, lasts_s: float) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE,
        plain,
        max_age=int(lasts_s),
        path="/",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def take_away(response: Response, request: Request) -> None:
    """Make the browser forget it."""
    response.delete_cookie(COOKIE, path="/", secure=request.is_secure, httponly=True, samesite="Lax")
