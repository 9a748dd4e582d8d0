"""Values of parameters on their way to code: JSON knows no dates, so they say what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_code_gets(declared: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as messages to kernels have them: a date is ``{"date": "2026-12-31"}``, all else as it is.

    Args:
        declared: of the document, in the long form.
        values: by name, as the ledger has them.
    """
    return {
        name: {"date": value} if _is_date(declared.get(name)) and isinstance(value, str) else value
        for name, value in values.items()
    }


def _is_date(declaration: Any) -> bool:
    return isinstance(declaration, Mapping) and declaration.get("type") == "date"
