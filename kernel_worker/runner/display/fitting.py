"""A mime bundle made ready to be sent: JSON only, and at most 16 MiB."""

from __future__ import annotations

import base64
import json
from typing import Any

from kernel_worker.runner.display.json_safe import json_safe
from kernel_worker.runner.text import clean, safe_str

_compact = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
MOST_BYTES = 16 * 1024 * 1024


def fit(bundle: dict[Any, Any]) -> str:
    """The bundle as JSON text; what is too big is left out, and ``text/plain`` says so."""
    made: dict[str, str] = {}
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
        plain = bundle.get("text/plain", "") if "text/plain" in made else ""
        made["text/plain"] = _compact(_note(dropped, plain))
    return f"{{{','.join(f'{_compact(name)}:{text}' for name, text in made.items())}}}"


def _ready(value: Any) -> tuple[str, int]:
    """A value as JSON text, and its size in bytes. Encoded once: a table is long."""
    if isinstance(value, (bytes, bytearray)):
        text = base64.b64encode(value).decode()
        return _compact(text), len(text)
    if isinstance(value, str):
        if len(value) > MOST_BYTES:
            return '""', len(value)
        text = clean(value, MOST_BYTES)
        return _compact(text), len(text.encode())
    try:
        encoded = _compact(value)
    except (ValueError, TypeError, RecursionError):
        encoded = _compact(json_safe(value))
    return encoded, len(encoded)


def _note(dropped: list[str], value: Any) -> str:
    text = value if isinstance(value, str) else ""
    note = f"Not shown: {', '.join(dropped)}; a display has at most {MOST_BYTES} bytes."
    return f"{note}\n{clean(text, 10_000)}" if text else note


def with_data(show: str, data: str) -> str:
    """A ``Show`` without data as JSON text, and its data as such, put together."""
    head, _empty, rest = show.rpartition('"data":{}')
    return f'{head}"data":{data}{rest}'
