"""Previews of outputs: of the kind ``frame``, cheap beside the writing of the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from broker_config.wire.codec import compact
from broker_config.wire.flows import LARGEST_OUTPUT_PREVIEW_BYTES

MOST_VALUES = 60_000
"""What the figures are of: about 1 ms of work, whatever the table holds."""
LARGEST_SAMPLE_BYTES = 32 * 1024 * 1024
"""Of a file, by its mean row: rows of a megabyte are few."""
FEWEST_ROWS = 20
WIDTHS = (100, 30, 10, 3)


def output_preview(frame: Any, path: str, rows: int) -> dict[str, Any] | None:
    """Preview of a Polars frame that was written to ``path``; None where none can be made.

    A LazyFrame is not computed again: its first rows are read from the file. ``sampled`` says of how many
    of the first rows the figures are. Raises nothing but an interrupt.
    """
    import polars as pl

    from kernel_worker.runner.previews.frames import framed
    from kernel_worker.runner.previews.making import fitted, without_nul
    from kernel_worker.runner.previews.polars_columns import MOST_COLUMNS, describe

    try:
        lazy = isinstance(frame, pl.LazyFrame)
        table: Any = pl.scan_parquet(path, glob=False, hive_partitioning=False) if lazy else frame
        schema = table.collect_schema()
        names = list(schema)[:MOST_COLUMNS]
        some = table.select(names).head(_most_rows(len(names), rows, Path(path).stat().st_size))
        found = describe(pl, some.collect() if lazy else some, rows, schema)
        made = without_nul({"type": f"polars.{type(frame).__name__}", **framed(found)})
        small: dict[str, Any] = fitted(_narrowed(made), LARGEST_OUTPUT_PREVIEW_BYTES)
    except Exception:  # a type that has no figures: the output is written all the same
        return None
    return small if small["kind"] == "frame" else None


def _narrowed(made: dict[str, Any]) -> dict[str, Any]:
    """With as many of its columns as there is room for, since a preview without rows tells little."""
    for width in WIDTHS:
        some = {"columns": made["columns"][:width], "head": [row[:width] for row in made["head"]]}
        narrow = {**made, **some}
        if len(compact(narrow)) <= LARGEST_OUTPUT_PREVIEW_BYTES:
            return narrow
    return narrow


def _most_rows(columns: int, rows: int, size: int) -> int:
    by_values = MOST_VALUES // max(1, columns)
    by_bytes = LARGEST_SAMPLE_BYTES * rows // max(1, size)
    return max(FEWEST_ROWS, min(by_values, by_bytes))
