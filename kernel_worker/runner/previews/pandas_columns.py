"""Figures of a pandas frame's columns, over at most some million values."""

from __future__ import annotations

from typing import Any

from kernel_worker.runner.display.json_safe import json_safe
from kernel_worker.runner.previews.arrays import number

MOST_COLUMNS = 100
MOST_ROWS = 20
MOST_VALUES = 2_000_000
BINS = 20


def look(pd: Any, obj: Any) -> dict[str, Any] | None:
    """What ``frame_preview`` needs of a frame, a series or an index."""
    if isinstance(obj, pd.Index):
        obj = obj.to_frame(index=False)
    elif isinstance(obj, pd.Series):
        obj = obj.to_frame()
    if not isinstance(obj, pd.DataFrame):
        return None
    some = obj.iloc[: MOST_VALUES // max(1, min(obj.shape[1], MOST_COLUMNS)), :MOST_COLUMNS]
    columns = [_column(pd, some.columns[n], some.iloc[:, n]) for n in range(some.shape[1])]
    head = some.head(MOST_ROWS)
    values = [head.iloc[:, n].tolist() for n in range(head.shape[1])]
    return {
        "rows": len(obj),
        "columns_total": obj.shape[1],
        "columns": columns,
        "head": list(zip(*values, strict=True)),
        "sampled": None if len(some) == len(obj) else len(some),
    }


def _column(pd: Any, name: Any, column: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": str(name),
        "type": str(column.dtype)[:500],
        "nulls": int(column.isna().sum()),
        **dict.fromkeys(("min", "max", "mean", "histogram")),
    }
    kinds = pd.api.types
    if kinds.is_bool_dtype(column.dtype):
        made["mean"] = number(column.dropna().astype(float).mean()) if column.notna().any() else None
    elif kinds.is_numeric_dtype(column.dtype) and not kinds.is_complex_dtype(column.dtype):
        made.update(_numbers(column))
    elif kinds.is_datetime64_any_dtype(column.dtype) and column.notna().any():
        made["min"], made["max"] = json_safe(column.min()), json_safe(column.max())
    return made


def _numbers(column: Any) -> dict[str, Any]:
    import numpy as np

    values = column.dropna().to_numpy(dtype="float64")
    values = values[np.isfinite(values)]
    if not values.size:
        return {}
    counts, _edges = np.histogram(values, bins=BINS)
    low, high = number(values.min()), number(values.max())
    return {
        **{"min": low, "max": high, "mean": number(values.mean())},
        "histogram": {"low": low, "high": high, "counts": [int(n) for n in counts]},
    }
