"""Values of a run's parameters against what the flow declares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from broker_config.wire.errors import BadField

LONGEST_TEXT = 65_536
LARGEST_WHOLE = 2**63 - 1
TYPES = ("string", "integer", "number", "boolean", "date")
_WORDS = {
    "string": f"text of at most {LONGEST_TEXT} characters",
    "integer": "a whole number of at most 64 bits",
    "number": "a finite number",
    "boolean": "true or false",
    "date": "a date as 2026-12-31",
}


def values_of(declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every declared parameter with its value: what was given, else its default.

    Raises:
        BadField: ``parameters.<name>``: unknown, missing, or of another type.
    """
    for name in given:
        if name not in declared:
            known = ", ".join(sorted(declared)) or "none"
            raise BadField(f"this flow has no such parameter; it has {known}", f"parameters.{name}"[:200])
    return {name: _value(name, one, given) for name, one in declared.items()}


def _value(name: str, declared: Any, given: Mapping[str, Any]) -> Any:
    kind, has_default, default = _declaration(declared)
    if name not in given:
        if not has_default:
            raise BadField("this parameter has no default: give it a value", f"parameters.{name}")
        return default
    value = given[name]
    if kind is not None and not _is(kind, value):
        raise BadField(f"{_WORDS[kind]} is needed", f"parameters.{name}")
    return value


def _declaration(declared: Any) -> tuple[str | None, bool, Any]:
    """Type, whether there is a default, default. A bare value is a default of its own type."""
    if isinstance(declared, Mapping) and declared.get("type") in TYPES:
        return str(declared["type"]), "default" in declared, declared.get("default")
    kind = next((kind for kind in ("boolean", "integer", "number", "string") if _is(kind, declared)), None)
    return kind, True, declared


def _is(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return _is_whole(value)
    if kind == "number":
        return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return False
    return kind == "string" or _is_date(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
