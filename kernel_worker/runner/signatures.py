"""Signatures as text, with where each parameter stands in it."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import Parameter
from types import BuiltinFunctionType, FunctionType
from typing import Any

from kernel_worker.runner.places import Call
from kernel_worker.runner.text import clean

MOST_PARAMETERS = 100
LONGEST_PART = 120
STARS: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
POSITIONAL = frozenset({Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD})
CODE = (type, FunctionType, BuiltinFunctionType)
PLAIN = frozenset({int, float, bool, str, bytes, type(None), complex})


@dataclass(frozen=True, slots=True)
class Shown:
    """One parameter: its name, how it takes arguments, and its text."""

    name: str
    kind: Any
    text: str


@dataclass(frozen=True, slots=True)
class Signature:
    """``spans``: start and end of each parameter in ``label``; of those ``parameters`` has the names."""

    label: str
    parameters: Sequence[Shown]
    spans: list[list[int]]

    def active(self, call: Call) -> int | None:
        """Index of the parameter that gets the argument at the cursor; None where none does."""
        if call.keyword is not None:
            named = [at for at, one in enumerate(self.parameters) if one.name == call.keyword]
            return named[0] if named else self._first(Parameter.VAR_KEYWORD)
        places = [at for at, one in enumerate(self.parameters) if one.kind in POSITIONAL]
        if call.position < len(places):
            return places[call.position]
        return self._first(Parameter.VAR_POSITIONAL)

    def _first(self, kind: Any) -> int | None:
        return next((at for at, one in enumerate(self.parameters) if one.kind is kind), None)


def of_object(value: Any, name: str) -> Signature | None:
    """Signature of something that can be called; None where it has none that can be told."""
    if not callable(value):
        return None
    try:
        found = inspect.signature(value)
    except (ValueError, TypeError):
        return None
    told = found.return_annotation
    returns = "" if told is inspect.Signature.empty or isinstance(value, type) else _annotation(told)
    return of_parts(name, [_shown(one) for one in found.parameters.values()], returns)


def of_parts(name: str, parameters: Sequence[Shown], returns: str = "") -> Signature:
    """The text of them together."""
    label, spans = f"{name}(", []
    parts: list[tuple[str, bool]] = []
    before: Any = None
    for one in parameters[:MOST_PARAMETERS]:
        if before is Parameter.POSITIONAL_ONLY and one.kind is not before:
            parts.append(("/", False))
        if one.kind is Parameter.KEYWORD_ONLY and before not in {one.kind, Parameter.VAR_POSITIONAL}:
            parts.append(("*", False))
        parts.append((one.text, True))
        before = one.kind
    if before is Parameter.POSITIONAL_ONLY:
        parts.append(("/", False))
    for at, (text, counts) in enumerate(parts):
        label += ", " if at else ""
        if counts:
            spans.append([len(label), len(label) + len(text)])
        label += text
    more = ", …" if len(parameters) > MOST_PARAMETERS else ""
    return Signature(f"{label}{more})" + (f" -> {returns}" if returns else ""), parameters, spans)


def _shown(one: Parameter) -> Shown:
    text = STARS.get(one.kind, "") + one.name
    if one.annotation is not Parameter.empty:
        text += f": {_annotation(one.annotation)}"
    if one.default is not Parameter.empty:
        text += (" = " if ":" in text else "=") + _default(one.default)
    return Shown(one.name, one.kind, clean(text, LONGEST_PART))


def _annotation(found: Any) -> str:
    return clean(found if type(found) is str else inspect.formatannotation(found), LONGEST_PART)


def _default(value: Any) -> str:
    """No code of the value's own is run for it."""
    if type(value) in PLAIN:
        return repr(value)
    if issubclass(type(value), CODE):
        return str(getattr(value, "__name__", "…"))
    if type(value) in {tuple, list, dict, set} and not value:
        return repr(value)
    return "…"
