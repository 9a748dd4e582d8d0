"""What stands at a place in code: documentation of a name, signature of the call around it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from kernel_worker.runner import signatures
from kernel_worker.runner.chains import MISSING, OfType
from kernel_worker.runner.live import Live, documentation, kind_of, type_of
from kernel_worker.runner.places import Call, call_at, expression_at, near
from kernel_worker.runner.signatures import Shown, Signature
from kernel_worker.runner.static import Static, position
from kernel_worker.runner.text import clean
from kernel_worker.runner.variables import short

LONGEST_DOC = 16 * 1024
LONGEST_LINE = 2_000
MOST_COLUMNS = 12


def inspect(live: Live, code: str, cursor: int, static: Static | None = None) -> dict[str, Any]:
    """Of the name under the cursor, or else of the call around it.

    ``{"found": bool, "name", "kind", "type", "signature", "doc", "repr", "text"}``; ``text`` is all of it.
    """
    lines, place = near(code, cursor)
    name = expression_at(lines, place)
    call = None if name else call_at(lines, place)
    name = name or (call.callee if call else None)
    if name is None:
        return _nothing(None)
    value = live.value(name)
    if value is not MISSING:
        return _of_value(live, name, value)
    return (static and _of_code(live, lines, place, name, static)) or _nothing(name)


def signature(live: Live, code: str, cursor: int, static: Static | None = None) -> dict[str, Any]:
    """Of the call whose arguments the cursor is in.

    ``{"found": bool, "label", "parameters": [[start, end]], "active": index or None, "doc"}``.
    """
    lines, place = near(code, cursor)
    call = call_at(lines, place)
    found = call and (_of_callee(live, call) or (static and _of_call(live, lines, place, call, static)))
    if not call or not found:
        return {"found": False, "label": "", "parameters": [], "active": None, "doc": ""}
    shown, doc = found
    parameters, active = shown.spans, shown.active(call)
    return {"found": True, "label": shown.label, "parameters": parameters, "active": active, "doc": _doc(doc)}


def _of_callee(live: Live, call: Call) -> tuple[Signature, str] | None:
    value = live.value(call.callee)
    if value is MISSING:
        return None
    shown = signatures.of_object(value, _last(call.callee))
    return None if shown is None else (shown, documentation(value))


def _of_call(live: Live, code: str, cursor: int, call: Call, static: Static) -> tuple[Signature, str] | None:
    line, column = position(code, cursor)

    def ask(jedi: Any) -> tuple[Signature, str] | None:
        for one in jedi.get_signatures(line, column):
            shown = [Shown(p.name, p.kind, clean(p.to_string(), LONGEST_LINE)) for p in one.params]
            return signatures.of_parts(_last(call.callee), shown), one.docstring(raw=True)
        return None

    return static.ask(live, code, ask)


def _of_value(live: Live, name: str, value: Any) -> dict[str, Any]:
    kind = kind_of(value)
    shown = signatures.of_object(value, _last(name))
    found = {
        **{"found": True, "name": clean(name, LONGEST_LINE), "kind": kind},
        "type": type_of(value),
        "signature": clean(shown.label, LONGEST_LINE) if shown else "",
        "doc": _doc(documentation(value)),
        "repr": _repr(live, value) if kind == "variable" else "",
    }
    return found | {"text": _text(found)}


def _repr(live: Live, value: Any) -> str:
    """Of a frame its columns, too."""
    if type(value) is OfType:
        return ""
    told = short(value, live.reluctant)
    if type(value).__name__ == "DataFrame" and type(value).__module__.partition(".")[0] in {
        "polars",
        "pandas",
    }:
        columns = islice(zip(value.columns, value.dtypes, strict=False), MOST_COLUMNS)
        told = "\n".join([told, *(f"{name}: {kind}" for name, kind in columns)])
        told += "\n…" if len(value.columns) > MOST_COLUMNS else ""
    return clean(told, LONGEST_LINE)


def _of_code(live: Live, code: str, cursor: int, name: str, static: Static) -> dict[str, Any] | None:
    line, column = position(code, cursor)

    def ask(jedi: Any) -> dict[str, Any] | None:
        for one in jedi.infer(line, column):
            signed = [sign.to_string() for sign in one.get_signatures()][:1]
            found = {
                **{"found": True, "name": clean(name, LONGEST_LINE), "repr": ""},
                "type": clean(one.name, 200),
                "kind": "variable" if one.type in {"instance", "statement"} else one.type,
                "signature": clean("".join(signed), LONGEST_LINE),
                "doc": _doc("" if one.type == "instance" else one.docstring(raw=True)),
            }
            return found | {"text": _text(found)}
        return None

    return static.ask(live, code, ask)


def _text(found: dict[str, Any]) -> str:
    head = found["signature"] or f"{found['name']}: {found['type']}"
    return "\n\n".join(part for part in (head, found["repr"], found["doc"]) if part)


def _doc(text: Any) -> str:
    return clean(text, LONGEST_DOC) if isinstance(text, str) else ""


def _last(name: str) -> str:
    """``filter`` of ``df.filter``: what comes before it may be long."""
    return name.rpartition(".")[2]


def _nothing(name: str | None) -> dict[str, Any]:
    empty = dict.fromkeys(("kind", "type", "signature", "doc", "repr", "text"), "")
    return {"found": False, "name": name and clean(name, LONGEST_LINE)} | empty
