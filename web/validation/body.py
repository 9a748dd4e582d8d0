"""A JSON body of a request as plain data."""

from __future__ import annotations

from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from broker_config.wire.errors import BadInput
from web.validation.json_text import parse_object

CHARSETS = frozenset({"", "utf-8", "utf8"})


def read_json(request: Request) -> dict[str, Any]:
    """The request's body as an object.

    Raises:
        UnsupportedMediaType: another content type, charset, or a compressed body.
        RequestEntityTooLarge: over the request's ``max_content_length``.
        BadInput: no body, not JSON, not an object, too deep, a key twice, NaN or Infinity.
        BadField: a text with NUL or half a surrogate pair.
    """
    check_plain(request)
    data = _bounded(request)
    if not data:
        raise BadInput("a JSON object is needed as the body")
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("the body's content type is application/json")
    if request.mimetype_params.get("charset", "").lower() not in CHARSETS:
        raise UnsupportedMediaType("JSON is UTF-8")
    return parse_object(data)


def _bounded(request: Request) -> bytes:
    # Werkzeug cuts a body without Content-Length off at its limit; with one byte more we see that it went on.
    limit = request.max_content_length
    if limit is None:
        return request.get_data(cache=False)
    request.max_content_length = limit + 1
    announced = request.content_length or 0
    data = request.get_data(cache=False) if announced <= limit else b""
    if max(announced, len(data)) > limit:
        raise RequestEntityTooLarge(f"a JSON body has at most {limit} bytes (HUSK_REQUEST_MAX_BYTES)")
    return data


def check_plain(request: Request) -> None:
    """Refuse compressed bodies: their size is not known before they are unpacked."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("bodies are sent without Content-Encoding")
