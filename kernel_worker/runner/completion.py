"""Completions: of live objects by IPython, of what has not run yet by jedi."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from kernel_worker.runner.chains import MISSING
from kernel_worker.runner.completer import completer_of, matches
from kernel_worker.runner.live import Live, attributes_of, kind_of_attribute, kind_of_name
from kernel_worker.runner.places import near, owner_at
from kernel_worker.runner.static import Static, position
from kernel_worker.runner.text import clean

MOST_MATCHES = 500
KINDS = {"param": "param", "dict key": "key", "path": "path", "magic": "magic"}
JEDI_KINDS = {"instance": "variable", "statement": "variable"}


@dataclass(frozen=True, slots=True)
class Match:
    """``text`` may stand in place of the code from ``start`` to the cursor."""

    start: int
    end: int
    text: str
    kind: str


def complete(live: Live, code: str, cursor: int, static: Static | None = None) -> dict[str, Any]:
    """``{"matches": [text], "kinds": [kind], "cursor_start", "cursor_end"}``.

    Cursors count characters of ``code``. A kind is one of ``live.kind_of``'s, or keyword, param, key, path,
    magic.
    """
    cursor = max(0, min(cursor, len(code)))
    lines, place = near(code, cursor)
    found = _of_objects(live, lines, place) or _of_chain(live, lines, place)
    if not found and static is not None:
        found = _of_code(live, lines, place, static)
    if not found:
        return {"matches": [], "kinds": [], "cursor_start": cursor, "cursor_end": cursor}
    start, end = min(one.start for one in found), max(one.end for one in found)
    kinds: dict[str, str] = {}
    for one in found:
        kinds.setdefault(clean(lines[start : one.start] + one.text + lines[one.end : end], 1000), one.kind)
    skipped = cursor - place
    return {
        **{"matches": list(kinds), "kinds": list(kinds.values())},
        **{"cursor_start": start + skipped, "cursor_end": end + skipped},
    }


def _of_objects(live: Live, code: str, cursor: int) -> list[Match]:
    if live.helper is None:
        return []
    completer = completer_of(live)
    kinds = _Kinds(live, completer)
    made = []
    for fragment, kind, text in islice(matches(live, completer, code, cursor), MOST_MATCHES):
        if kind == "magic" and not fragment.startswith("%"):
            continue  # they would stand among the names
        dot = kind == "attribute" and text.startswith(".")
        name = text[dot:]
        made.append(Match(cursor - len(fragment) + dot, cursor, name, kinds.of(kind, name.rstrip("="))))
    return made


class _Kinds:
    """Kinds of matches; of an attribute by the object that the completer found."""

    def __init__(self, live: Live, completer: Any) -> None:
        self._live, self._completer = live, completer

    def of(self, told: str, text: str) -> str:
        """Kind of a match of IPython's type ``told``."""
        if told == "attribute":
            owner = self._completer.owner
            return "variable" if owner is MISSING else kind_of_attribute(owner, text)
        return KINDS.get(told) or kind_of_name(self._live, text)


def _of_chain(live: Live, code: str, cursor: int) -> list[Match]:
    """Attributes of what a chain of calls gives, by its annotations."""
    start = cursor
    while start > 0 and (code[start - 1].isalnum() or code[start - 1] == "_"):
        start -= 1
    owner = owner_at(code, start - 1) if start > 0 else None
    value = MISSING if owner is None else live.value(owner)
    if value is MISSING:
        return []
    begun = code[start:cursor]
    names = [name for name in attributes_of(value) if name.startswith(begun)][:MOST_MATCHES]
    shown = [name for name in names if begun.startswith("_") or not name.startswith("_")]
    return [Match(start, cursor, name, kind_of_attribute(value, name)) for name in shown]


def _of_code(live: Live, code: str, cursor: int, static: Static) -> list[Match]:
    line, column = position(code, cursor)

    def ask(jedi: Any) -> list[Match]:
        return [
            Match(cursor - one.get_completion_prefix_length(), cursor, one.name_with_symbols, _jedi_kind(one))
            for one in jedi.complete(line, column)[:MOST_MATCHES]
            if not (one.name.startswith("__") and one.get_completion_prefix_length() == 0)
        ]

    return static.ask(live, code, ask) or []


def _jedi_kind(one: Any) -> str:
    return JEDI_KINDS.get(str(one.type), str(one.type))
