"""What an execution put out, as nbformat has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from web.ipynb.cells import JSON_MIME, Outputs

PLAIN = "text/plain"


def outputs_of(
    execution_id: str, kernel_prefix: str, items: Iterable[Mapping[str, Any]], error: Mapping[str, Any] | None
) -> Outputs:
    """Outputs in the order of writing, the error last.

    What is stored apart since it is large (below ``kernel_prefix``) is a line that says where.
    """
    found: Outputs = []
    for name, group in groupby(items, _stream):
        some = list(group)
        found += (
            _streamed(name, some) if name else [_display(execution_id, kernel_prefix, one) for one in some]
        )
    if error is not None:
        lines = [str(line) for line in error.get("traceback") or ()]
        told = {"ename": str(error.get("type") or ""), "evalue": str(error.get("message") or "")}
        found.append({"output_type": "error", **told, "traceback": lines})
    return found


def left_out(execution_id: str) -> Outputs:
    """What stands for outputs that a file has no room for."""
    text = f"The output of this cell is not in this file: it is at /api/v1/executions/{execution_id}\n"
    return [{"output_type": "stream", "name": "stderr", "text": text}]


def _stream(item: Mapping[str, Any]) -> str:
    """The stream that a piece is of; "" for a display."""
    return "" if item.get("kind") == "display" else str(item.get("name") or "stdout")


def _streamed(name: str, items: Iterable[Mapping[str, Any]]) -> Outputs:
    text = "".join(_text(item) for item in items)
    return [{"output_type": "stream", "name": name, "text": text}] if text else []


def _text(item: Mapping[str, Any]) -> str:
    text = str(item.get("text") or "")
    return f"\n[{text}]\n" if item.get("kind") == "skipped" else text


def _display(execution_id: str, prefix: str, item: Mapping[str, Any]) -> dict[str, Any]:
    data, title = _bundle(execution_id, prefix, item.get("data") or {}), item.get("title")
    return {"output_type": "display_data", "data": data, "metadata": {"title": title} if title else {}}


def _bundle(execution_id: str, prefix: str, data: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    away: list[str] = []
    for mime, content in data.items():
        if isinstance(content, dict) and str(content.get("ref", "")).startswith(prefix):
            where = f"/api/v1/executions/{execution_id}/objects/{content['ref']}"
            away.append(f"{mime} ({content.get('size')} bytes) is not in this file: it is at {where}")
        elif isinstance(content, str) or JSON_MIME.fullmatch(mime):
            kept[mime] = content
        else:
            kept[mime] = json.dumps(content)
    if away:
        before = [kept[PLAIN]] if isinstance(kept.get(PLAIN), str) else []
        kept[PLAIN] = "\n".join([*before, *away])
    return kept
