"""NumPy arrays: shape, type, and figures of their values."""

from __future__ import annotations

import sys
from typing import Any

MOST_VALUES = 2_000_000


def array_preview(obj: Any) -> dict[str, Any] | None:
    """Preview of an array; None for anything else. Of a large one every so many values are looked at."""
    np: Any = sys.modules.get("numpy")
    if np is None or not isinstance(obj, np.ndarray):
        return None
    made: dict[str, Any] = {
        "kind": "array",
        "shape": [int(n) for n in obj.shape],
        "dtype": str(obj.dtype)[:500],
        **dict.fromkeys(("min", "max", "mean", "nan", "sampled")),
    }
    if obj.dtype.kind not in "biuf" or not obj.size:
        return made
    values = _sample(obj)
    made["sampled"] = int(values.size) if values.size < obj.size else None
    finite = values
    if obj.dtype.kind == "f":
        missing = np.isnan(values)
        made["nan"] = int(missing.sum())
        finite = values[np.isfinite(values)] if made["nan"] or not np.isfinite(values).all() else values
    if finite.size:
        made["min"], made["max"] = number(finite.min()), number(finite.max())
        made["mean"] = number(finite.mean(dtype="float64"))
    return made


def _sample(array: Any) -> Any:
    """At most about ``MOST_VALUES`` values, without a copy of the whole."""
    step = max(1, array.size // MOST_VALUES)
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return array.ravel(order="K")[::step]
    while array.size > MOST_VALUES and any(n > 1 for n in array.shape):
        longest = max(range(array.ndim), key=lambda axis: array.shape[axis])
        array = array[(slice(None),) * longest + (slice(None, None, 2),)]
    return array.ravel()


def number(value: Any) -> float | int | None:
    """A finite number as JSON knows it."""
    found = value.item() if hasattr(value, "item") else value
    if isinstance(found, bool):
        return int(found)
    if isinstance(found, int):
        return found if abs(found) < 2**53 else float(found)
    return float(found) if isinstance(found, float) and found - found == 0 else None
