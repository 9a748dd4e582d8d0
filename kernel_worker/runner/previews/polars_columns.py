"""Figures of a Polars frame's columns, in a few queries over at most some million values."""

from __future__ import annotations

from typing import Any

from kernel_worker.runner.display.json_safe import json_safe
from kernel_worker.runner.previews.trimming import trimmed

MOST_COLUMNS = 100
MOST_ROWS = 20
MOST_VALUES = 2_000_000
BINS = 20


def look(pl: Any, obj: Any, path: str) -> dict[str, Any] | None:
    """What ``frame_preview`` needs of a frame; of a LazyFrame by the file that it was written to."""
    frame, total_rows, schema = _sample(pl, obj, path)
    return None if frame is None else describe(pl, frame, total_rows, schema)


def describe(pl: Any, frame: Any, total_rows: int, schema: Any) -> dict[str, Any]:
    """The same of a frame of some columns and rows; ``total_rows`` and ``schema`` are of all."""
    whole = frame.height == total_rows
    figures = _figures(pl, frame)
    columns = []
    for name in frame.columns:
        found = {key: figures.get(f"{key}:{name}") for key in ("nulls", "min", "max", "mean")}
        low, high = found["min"], found["max"]
        columns.append(
            {
                "name": name,
                "type": str(schema[name])[:500],
                **{key: _short(value) for key, value in found.items()},
                "histogram": _histogram(pl, frame[name], low, high),
            }
        )
    return {
        "rows": total_rows,
        "columns_total": len(schema),
        "columns": columns,
        "head": trimmed(pl, frame.head(MOST_ROWS)).rows(),
        "sampled": None if whole else frame.height,
    }


def _sample(pl: Any, obj: Any, path: str) -> tuple[Any, int, Any]:
    """Some columns, at most ``MOST_VALUES`` values of them, and how many rows there are."""
    if isinstance(obj, pl.Series):
        obj = obj.to_frame()
    if isinstance(obj, pl.LazyFrame):
        if not path:
            return None, 0, {}
        lazy = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        schema = lazy.collect_schema()
        total = lazy.select(pl.len()).collect().item()
        names = list(schema)[:MOST_COLUMNS]
        return lazy.select(names).head(_rows(len(names))).collect(), total, schema
    if not isinstance(obj, pl.DataFrame):
        return None, 0, {}
    some = obj.select(obj.columns[:MOST_COLUMNS])
    return some.head(_rows(some.width)), obj.height, obj.schema


def _rows(columns: int) -> int:
    return MOST_VALUES // max(1, columns)


def _figures(pl: Any, frame: Any) -> dict[str, Any]:
    wanted = []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        wanted.append(column.null_count().alias(f"nulls:{name}"))
        if kind.is_numeric():
            if kind.is_float():
                column = column.filter(column.is_finite())
            wanted += [column.min().alias(f"min:{name}"), column.max().alias(f"max:{name}")]
            wanted.append(column.mean().alias(f"mean:{name}"))
        elif kind == pl.String:
            ends = (column.min().str.slice(0, 200), column.max().str.slice(0, 200))
            wanted += [ends[0].alias(f"min:{name}"), ends[1].alias(f"max:{name}")]
        elif kind.is_temporal():
            wanted += [column.min().alias(f"min:{name}"), column.max().alias(f"max:{name}")]
        elif kind == pl.Boolean:
            wanted.append(column.mean().alias(f"mean:{name}"))
    return dict(frame.select(wanted).row(0, named=True)) if wanted else {}


def _short(value: Any) -> Any:
    safe = json_safe(value)
    return safe[:200] if isinstance(safe, str) else safe


def _histogram(pl: Any, column: Any, low: Any, high: Any) -> dict[str, Any] | None:
    """Counts in equal bins between the smallest and the largest value."""
    if not column.dtype.is_numeric() or low is None or high is None:
        return None
    start, end = float(low), float(high)
    if not end > start:
        return {"low": start, "high": end, "counts": [column.len() - column.null_count()]}
    values = column.cast(pl.Float64).drop_nulls()
    place = ((values - start) / (end - start) * BINS).filter(values.is_finite()).floor().clip(0, BINS - 1)
    counted = place.cast(pl.Int32).value_counts()
    counts = dict(zip(counted[:, 0].to_list(), counted[:, 1].to_list(), strict=True))
    return {"low": start, "high": end, "counts": [int(counts.get(n, 0)) for n in range(BINS)]}
