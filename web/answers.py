"""JSON answers. What kernels wrote goes through here too, so NaN and the like never reach a client."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from flask import Response

JSON_TYPE = "application/json"


def dumps(data: Any) -> str:
    """Compact JSON text, ASCII only; numbers that JSON does not know become null."""
    try:
        return json.dumps(data, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_finite(data), separators=(",", ":"), allow_nan=False)


def json_answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer with a JSON body."""
    return Response(dumps(data) + "\n", status, headers, content_type=JSON_TYPE)


def page(rows: list[Any], after: str | None, shape: Callable[[Any], Any]) -> Response:
    """A list's answer: ``{"items", "next"}``."""
    return json_answer({"items": [shape(row) for row in rows], "next": after})


def _finite(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_finite(item) for item in data]
    return data
