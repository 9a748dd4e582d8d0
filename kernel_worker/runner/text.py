"""Text from objects that may not want to give it."""

from __future__ import annotations


def clean(text: str, longest: int) -> str:
    """Text that is valid Unicode and at most ``longest`` characters; what is cut is said."""
    if len(text) > longest:
        text = f"{text[:longest]}… ({len(text) - longest} more characters)"
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def safe_str(value: object) -> str:
    """``str(value)``, or what kept it from being made."""
    if type(value) is str:
        return value
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__}: its __str__ raised {type(error).__name__}>"


def safe_repr(value: object) -> str:
    """``repr(value)``, or what kept it from being made."""
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__}: its __repr__ raised {type(error).__name__}: {safe_str(error)}>"
