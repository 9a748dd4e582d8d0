"""Frames: columns with their figures, and the first rows."""

from __future__ import annotations

import sys
from typing import Any

from kernel_worker.runner.display.json_safe import json_safe
from kernel_worker.runner.previews import pandas_columns, polars_columns
from kernel_worker.runner.text import clean

MOST_COLUMNS = 100
MOST_ROWS = 20
MOST_VALUES = 2_000_000
LONGEST_TEXT = 200


def frame_preview(obj: Any, path: str) -> dict[str, Any] | None:
    """Preview of a Polars or pandas frame or series, or an Arrow table; None for anything else."""
    home = (type(obj).__module__ or "").partition(".")[0]
    library: Any = sys.modules.get(home) if home in {"polars", "pandas", "pyarrow"} else None
    if library is None:
        return None
    found = _looked_at(home, library, obj, path)
    return None if found is None else framed(found)


def framed(found: dict[str, Any]) -> dict[str, Any]:
    """What was found of a frame, as a preview without its type."""
    return {
        "kind": "frame",
        "rows": found["rows"],
        "columns_total": found["columns_total"],
        "columns": [{**column, "name": clean(column["name"], 500)} for column in found["columns"]],
        "head": [[_cell(value) for value in row] for row in found["head"]],
        "sampled": found["sampled"],
    }


def _looked_at(home: str, library: Any, obj: Any, path: str) -> dict[str, Any] | None:
    if home == "polars":
        return polars_columns.look(library, obj, path)
    if home == "pandas":
        return pandas_columns.look(library, obj)
    if isinstance(obj, library.Table):
        head = obj.select(list(range(min(MOST_COLUMNS, obj.num_columns))))
        import polars as pl

        found = polars_columns.look(pl, pl.from_arrow(head), "")
        return found and {**found, "columns_total": obj.num_columns}
    return None


def _cell(value: Any) -> Any:
    safe = json_safe(value)
    if isinstance(safe, (list, dict)):
        safe = str(safe)
    return clean(safe, LONGEST_TEXT) if isinstance(safe, str) else safe
