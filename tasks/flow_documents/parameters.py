"""Parameters as a flow declares them, and values of their types."""

from __future__ import annotations

import datetime
import re
from typing import Any

from broker_config.wire.errors import BadField
from tasks.flow_documents import limits
from tasks.flow_documents.fields import an_object, flag, matching, number, one_of, text, whole

_DECLARED = ("type", "default", "description")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BARE: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
)
"""A truth is an integer to Python, so it comes first."""


def declared(given: Any) -> dict[str, Any]:
    """What a document says of its parameters, in the long form ``{"type", "default"?, "description"?}``.

    A bare value is the default of a parameter of its type. Raises ``BadField``.
    """
    if not isinstance(given, dict):
        raise BadField("parameters are an object: name → type and default", "parameters")
    if len(given) > limits.MOST_PARAMETERS:
        raise BadField(f"a flow has at most {limits.MOST_PARAMETERS} parameters", "parameters")
    for name in given:
        matching(name, limits.PARAMETER, "parameters", "letters, digits and '_', no digit first")
    return {name: _declaration(one, f"parameters.{name}") for name, one in given.items()}


def value(given: Any, kind: str, path: str) -> Any:
    """A value of a parameter's type. Raises ``BadField``."""
    if kind == "boolean":
        return flag(given, path)
    if kind == "integer":
        return whole(given, path, -limits.WIDEST_WHOLE, limits.WIDEST_WHOLE)
    if kind == "number":
        return number(given, path, -1.8e308, 1.8e308)
    if kind == "date":
        return _date(given, path)
    return text(given, path, limits.LONGEST_PARAMETER)


def bare(given: Any) -> dict[str, Any] | None:
    """A value as a declaration; None: no parameter's type has such values."""
    kind = next((name for cls, name in _BARE if isinstance(given, cls)), None)
    return None if kind is None else {"type": kind, "default": given}


def _declaration(given: Any, path: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        given = bare(given)
        if given is None:
            raise BadField('{"type", "default"}, text, a number or a truth is needed', path)
    one = an_object(given, path, _DECLARED)
    kind = one_of(one.get("type"), f"{path}.type", limits.PARAMETER_TYPES)
    found: dict[str, Any] = {"type": kind}
    if "default" in one:
        found["default"] = value(one["default"], kind, f"{path}.default")
    if one.get("description") is not None:
        found["description"] = text(one["description"], f"{path}.description", limits.LONGEST_TEXT)
    return found


def _date(given: Any, path: str) -> str:
    try:
        if isinstance(given, str) and _DATE.fullmatch(given):
            return datetime.date.fromisoformat(given).isoformat()
    except ValueError:
        pass
    raise BadField("a date as 2013-12-31 is needed", path)
