"""JSON from bytes to plain data, refusing early what JSON's own parser lets through; needs no framework."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from broker_config.wire.errors import BadField, BadInput

DEEPEST = 32
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
# Escapes of what no text of ours may hold: NUL (no database takes it) and halves of surrogate pairs.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def parse_object(data: bytes) -> dict[str, Any]:
    """Bytes as a JSON object; the errors of ``body.read_json``."""
    _check_depth(data)
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_unique, parse_constant=_constant, parse_float=_number
        )
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadInput("the body is a JSON object")
    if _SUSPECT.search(data):
        _check_text(value, "")
    return value


def _check_depth(data: bytes) -> None:
    if data.count(b"[") + data.count(b"{") <= DEEPEST:
        return
    depth = 0
    for found in _BRACKET.finditer(_STRING.sub(b"", data)):
        depth += 1 if found[0] in b"[{" else -1
        if depth > DEEPEST:
            raise BadInput(f"the body is nested deeper than {DEEPEST}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadInput("a key stands twice in one object")
    return made


def _constant(name: str) -> NoReturn:
    raise BadInput(f"{name} is not JSON")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadInput("a number is too large")
    return value


def _check_text(value: Any, where: str) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise BadField("text holds no NUL and no half of a surrogate pair", where)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key, where)
            _check_text(item, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_text(item, f"{where}[{index}]")
