"""A mime bundle made ready to be sent: JSON only, and at most 16 MiB."""

from __future__ import annotations

import base64
import json
from typing import Any

from kernel_worker.runner.display.json_safe import json_safe
from kernel_worker.runner.text import clean, safe_str

MOST_BYTES = 16 * 1024 * 1024


def fit(bundle: dict[Any, Any]) -> dict[str, Any]:
    """The bundle with JSON-ready values; what is too big is left out, and ``text/plain`` says so."""
    made: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    for mime, value in bundle.items():
        if value is not None:
            name = clean(safe_str(mime), 200)
            made[name], sizes[name] = _ready(value)
    dropped: list[str] = []
    while sum(sizes.values()) > MOST_BYTES:
        largest = max(sizes, key=lambda mime: sizes[mime])
        dropped.append(f"{largest} of {sizes.pop(largest)} bytes")
        del made[largest]
    if dropped:
        made["text/plain"] = _note(dropped, made.get("text/plain", ""))
    return made


def _ready(value: Any) -> tuple[Any, int]:
    """A value as JSON data, and its size in bytes."""
    if isinstance(value, (bytes, bytearray)):
        text = base64.b64encode(value).decode()
        return text, len(text)
    if isinstance(value, str):
        if len(value) > MOST_BYTES:
            return "", len(value)
        text = clean(value, MOST_BYTES)
        return text, len(text.encode())
    try:
        return value, len(json.dumps(value, allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        safe = json_safe(value)
        return safe, len(json.dumps(safe))


def _note(dropped: list[str], text: str) -> str:
    note = f"Not shown: {', '.join(dropped)}; a display has at most {MOST_BYTES} bytes."
    return f"{note}\n{clean(text, 10_000)}" if text else note
