"""A view's arguments, validated strictly before it runs.

flask-openapi3 makes the document from a view's annotations (``path``, ``query``, ``body``). Its own
validation takes text for numbers and JSON inside JSON, and makes a model's schema anew at every
request; it leaves a view alone that validates itself, which ``checked`` does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast, get_type_hints

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from broker_config.wire import names
from broker_config.wire.errors import BadField, BadInput
from web.validation.body import check_plain, read_json

V = TypeVar("V", bound=Callable[..., Any])
M = TypeVar("M", bound=BaseModel)
UNREAD_BYTES = 64
FORM = 'there is nothing to say here: send no body, or "{}"'


def checked(view: V) -> V:
    """Validate what ``view`` is annotated with: ``path``, ``query``, ``body``; ``raw`` reads the body itself.

    Raises:
        BadInput, BadField, UnsupportedMediaType, RequestEntityTooLarge: see ``body`` and ``fields``.
    """
    hints = get_type_hints(view)
    path, query, body = (cast("type[BaseModel] | None", hints.get(n)) for n in ("path", "query", "body"))
    takes_raw = "raw" in hints

    @wraps(view)
    def wrapper(**values: Any) -> Any:
        arguments: dict[str, Any] = {}
        if path is not None:
            arguments["path"] = as_model(path, values)
        if query is not None:
            arguments["query"] = as_model(query, query_values())
        elif request.query_string:
            raise BadField("no query parameters are known here", next(iter(request.args), None))
        if body is not None:
            arguments["body"] = as_model(body, read_json(request))
        elif takes_raw:
            arguments["raw"] = request
        else:
            _no_body()
        return view(**arguments)

    wrapper.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return cast(V, wrapper)


def query_values() -> dict[str, str]:
    """The query's parameters.

    Raises:
        BadInput: one stands twice.
        BadField: one holds control characters, or bytes that are not UTF-8.
    """
    values: dict[str, str] = {}
    for name, value in request.args.items(multi=True):
        if name in values:
            raise BadInput(f"the query holds {name!r} twice", name)
        if names.has_control(value) or names.has_control(name) or "\ufffd" in value:
            raise BadField("a query holds no control characters and is UTF-8", name)
        values[name] = value
    return values


def as_model(model: type[M], values: dict[str, Any]) -> M:
    """``values`` as ``model``; raises ``BadField`` with the first thing wrong and its JSON path."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadField(_sentence(first, model), json_path(first["loc"])) from None


def json_path(parts: tuple[int | str, ...]) -> str:
    """``("cells", 0, "code")`` as ``cells[0].code``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".")[:200]


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    where = json_path(error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields) if len(error["loc"]) == 1 else "in the API's document"
        return f"unknown field {where}; known are {known}"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def _no_body() -> None:
    check_plain(request)
    if request.content_length == 0 or (request.content_length is None and not _chunked()):
        return
    if request.content_length is not None and request.content_length > UNREAD_BYTES:
        raise BadInput(FORM)
    if request.stream.read(UNREAD_BYTES + 1).strip() not in {b"", b"{}"}:
        raise BadInput(FORM)


def _chunked() -> bool:
    return bool(request.environ.get("wsgi.input_terminated")) and "Transfer-Encoding" in request.headers
