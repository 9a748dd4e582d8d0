"""Completions and inspections by IPython."""

# mypy: allow-untyped-calls
# IPython, which this calls up into, has few types.
from __future__ import annotations

from typing import Any

from kernel_worker.runner.shell import FlowShell
from kernel_worker.runner.text import clean

MOST_MATCHES = 500
LONGEST_DOC = 64 * 1024


def complete(shell: FlowShell | None, code: str, cursor: int) -> dict[str, Any]:
    """``{"matches": [text], "cursor_start", "cursor_end"}``; cursors count characters of ``code``."""
    cursor = max(0, min(cursor, len(code)))
    nothing = {"matches": [], "cursor_start": cursor, "cursor_end": cursor}
    if shell is None:
        return nothing
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        found = [
            c for c, _ in zip(shell.Completer.completions(code, cursor), range(MOST_MATCHES), strict=False)
        ]
    if not found:
        return nothing
    start, end = min(c.start for c in found), max(c.end for c in found)
    texts = dict.fromkeys(clean(code[start : c.start] + c.text + code[c.end : end], 1000) for c in found)
    return {"matches": list(texts), "cursor_start": start, "cursor_end": end}


def inspect(shell: FlowShell | None, code: str, cursor: int) -> dict[str, Any]:
    """``{"found": bool, "name", "text"}``: signature and documentation of what the cursor is on."""
    from IPython.utils.tokenutil import token_at_cursor

    name = token_at_cursor(code, max(0, min(cursor, len(code))))
    if shell is None or not name:
        return {"found": False, "name": name, "text": ""}
    try:
        text = shell.object_inspect_mime(name)["text/plain"]
    except KeyError:
        return {"found": False, "name": name, "text": ""}
    return {"found": True, "name": name, "text": clean(text, LONGEST_DOC)}
