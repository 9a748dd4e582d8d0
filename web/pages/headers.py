"""Security headers, on every answer; a view that needs another policy sets it itself."""

from __future__ import annotations

from flask import Flask, Response, request

STRICT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""For what is no page: should a browser show it as one, nothing runs and nothing loads."""
NOTHING = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "microphone", "geolocation", "payment", "usb", "serial", "display-capture")
)
HEADERS = {
    "Content-Security-Policy": STRICT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": NOTHING,
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}
ONE_YEAR = "max-age=31536000"


def install(app: Flask) -> None:
    """Put them on every answer of ``app``, errors too."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    # Each look into werkzeug's headers compares them all, and every answer passes here.
    there = {name.lower() for name, _ in response.headers}
    response.headers.extend([pair for pair in HEADERS.items() if pair[0].lower() not in there])
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", ONE_YEAR)
    return response
