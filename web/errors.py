"""The one place where an error becomes an HTTP answer. Views raise; nothing in ``web.api`` catches.

Shape: ``{"error": {"code", "message", "field", "request_id"}}``, for every status.
"""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus

import redis
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from broker_config.wire import errors
from web.answers import json_answer
from web.unread import discard_body

REQUEST_ID = "X-Request-Id"
RETRY_AFTER_S = 2

STATUS: dict[type[errors.HuskError], int] = {
    errors.BadInput: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.BadField: 422,
    errors.NotAvailable: 422,
    errors.ResolutionFailed: 422,
    errors.Unavailable: 503,
    errors.StorageFailed: 503,
}
"""Status by class; a subclass has its nearest base's. What is not here is a bug: 500."""

CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    411: "length_required",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: "invalid",
    429: "too_many",
    503: "unavailable",
}

log = logging.getLogger(__name__)


def request_id() -> str:
    """This request's id: in its answer, its error and its log lines."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def status_of(error: errors.HuskError) -> int:
    """The HTTP status of an error of ours."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def error_body(code: str, message: str, field: str | None = None) -> dict[str, object]:
    """The one error shape."""
    return {"error": {"code": code, "message": message, "field": field, "request_id": request_id()}}


def answer(status: int, code: str, message: str, field: str | None = None) -> Response:
    """An error's answer with the headers that its status needs."""
    discard_body()
    response = json_answer(error_body(code, message, field), status)
    if status in {429, 503}:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="husk"'
    return response


def install(app: Flask) -> None:
    """Map every error to its answer, and give every answer its request id."""
    app.register_error_handler(errors.HuskError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(redis.RedisError, _redis)
    app.register_error_handler(Exception, _bug)
    app.after_request(_stamp)


def _ours(error: errors.HuskError) -> Response:
    status = status_of(error)
    if status == 500:
        return _bug(error)
    return answer(status, error.code, error.message, error.field)


def _http(error: HTTPException) -> Response | HTTPException:
    if isinstance(error, RequestRedirect):
        return error
    status = error.code or 500
    code = CODES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    response = answer(status, code, error.description or HTTPStatus(status).phrase)
    for name, value in error.get_headers():
        if name in {"Allow", "Content-Range", "Retry-After"}:
            response.headers[name] = value
    return response


def _redis(error: redis.RedisError) -> Response:
    log.warning("request_id=%s Redis did not answer: %s", request_id(), type(error).__name__)
    return answer(503, "unavailable", "Redis did not answer in time; try again")


def _bug(error: Exception) -> Response:
    log.error("request_id=%s %s %s failed", request_id(), request.method, request.path, exc_info=error)
    return answer(500, "internal", "a bug in Husk: the log has this request_id")


def _stamp(response: Response) -> Response:
    response.headers.setdefault(REQUEST_ID, request_id())
    return response
