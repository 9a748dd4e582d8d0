"""Single fields of a document; each error names its JSON path."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from broker_config.wire import names
from broker_config.wire.errors import BadField

DEEPEST = 50


def an_object(given: Any, path: str, allowed: Sequence[str]) -> Mapping[str, Any]:
    """An object with no other fields than these."""
    if not isinstance(given, dict):
        raise BadField("an object is needed", path or None)
    for name in given:
        if name not in allowed:
            field = f"{path}.{name}" if path else str(name)
            raise BadField(f"unknown; allowed are {', '.join(allowed)}", field[:200])
    return given


def a_list(given: Any, path: str, most: int) -> list[Any]:
    """A list of at most so many."""
    if not isinstance(given, list):
        raise BadField("a list is needed", path)
    if len(given) > most:
        raise BadField(f"{len(given)} are too many; {most} are allowed", path)
    return given


def one_of(given: Any, path: str, words: Sequence[str]) -> str:
    """One of some words."""
    if not isinstance(given, str) or given not in words:
        raise BadField(f"one of {', '.join(words)} is needed", path)
    return given


def matching(given: Any, pattern: re.Pattern[str], path: str, allowed: str) -> str:
    """Text of a pattern; ``allowed`` is it in words."""
    if not isinstance(given, str) or not pattern.fullmatch(given):
        raise BadField(f"allowed are {allowed}", path)
    return given


def flag(given: Any, path: str) -> bool:
    """true or false."""
    if not isinstance(given, bool):
        raise BadField("true or false is needed", path)
    return given


def number(given: Any, path: str, least: float, most: float) -> float:
    """A finite number from ``least`` to ``most``; as it was given, whole or not."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise BadField("a number is needed", path)
    if not least <= given <= most or not math.isfinite(given):
        raise BadField(f"a number from {least:g} to {most:g} is needed", path)
    return given


def whole(given: Any, path: str, least: int, most: int) -> int:
    """A whole number."""
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise BadField(f"a whole number from {least} to {most} is needed", path)
    return given


def text(given: Any, path: str, longest: int) -> str:
    """Any text that a database and UTF-8 take, as it is."""
    if not isinstance(given, str):
        raise BadField("text is needed", path)
    if len(given) > longest:
        raise BadField(f"text of at most {longest} characters is needed", path)
    if "\0" in given or any("\ud800" <= c <= "\udfff" for c in given):
        raise BadField("text holds no NUL and no half of a surrogate pair", path)
    return given


def title(given: Any, path: str) -> str:
    """A name for people, in NFC."""
    if not isinstance(given, str) or not 1 <= len(given) <= names.LONGEST_ARTIFACT_NAME:
        raise BadField(f"a name has 1 to {names.LONGEST_ARTIFACT_NAME} characters", path)
    if names.has_control(given) or not given.strip():
        raise BadField("a name holds no control characters and is not blank", path)
    return unicodedata.normalize("NFC", given)


def artifact_name(given: Any, path: str) -> str:
    """The name of an output, or in the catalog."""
    if not isinstance(given, str):
        raise BadField("a name is text", path)
    try:
        return names.check_artifact_name(given)
    except BadField as error:
        raise BadField(error.message, path) from None


def shared_name(given: Any, path: str) -> str:
    """The path of a shared file."""
    if not isinstance(given, str):
        raise BadField("a shared file's path is text", path)
    try:
        return names.check_shared_name(given)
    except BadField as error:
        raise BadField(error.message, path) from None


def kernel(given: Any, path: str) -> str | None:
    """A kernel's id or uid, or none."""
    if given is None:
        return None
    return matching(given, names.KERNEL_ID, path, "a kernel's id or uid, or null")


def distinct(given: Sequence[str], path: str, what: str) -> None:
    """None of these stands twice."""
    if len(set(given)) != len(given):
        raise BadField(f"{what} stands twice", path)


def sized(document: Any, most_bytes: int) -> None:
    """Settings and parameters are any JSON: finite, not too deep, not too much of it."""
    if _is_deeper(document, DEEPEST):
        raise BadField(f"the document is nested deeper than {DEEPEST}")
    try:
        found = json.dumps(document, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError):
        raise BadField("the document is not JSON: a number in it is none") from None
    if len(found) > most_bytes:
        raise BadField(f"the document has {len(found)} bytes; {most_bytes} are allowed")


def _is_deeper(given: Any, most: int) -> bool:
    inner = given.values() if isinstance(given, dict) else given if isinstance(given, list) else ()
    return bool(inner) and (most == 0 or any(_is_deeper(one, most - 1) for one in inner))
