"""Frames as a table payload: Polars, pandas and Arrow, looked up in ``sys.modules``, never imported."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kernel_worker.runner.display.columns import characters, rows_that_fit, safe_column
from kernel_worker.runner.text import clean, safe_repr

TABLE_MIME = "application/vnd.husk.table+json"
MOST_CELLS = 1_000_000
MOST_CHARACTERS = 10 * 1024 * 1024
LONGEST_PLAIN = 100_000


@dataclass(frozen=True, slots=True)
class Table:
    """A frame's head: columns as (name, type), the values of each, and how many rows the frame has."""

    columns: list[tuple[str, str]]
    values: list[list[Any]]
    total: int


def table_bundle(obj: Any, max_rows: int) -> dict[str, Any] | None:
    """Payload and text of a frame; None for anything else."""
    for module, make in (("polars", _polars), ("pandas", _pandas), ("pyarrow", _arrow)):
        library = sys.modules.get(module)
        if library is not None and type(obj).__module__.partition(".")[0] == module:
            made = make(library, obj, max(0, int(max_rows)))
            if isinstance(made, Table):
                return {TABLE_MIME: _payload(made), "text/plain": clean(safe_repr(obj), LONGEST_PLAIN)}
            if made is not None:
                return {"text/plain": made}
    return None


def _payload(table: Table) -> dict[str, Any]:
    columns = [safe_column(values) for values in table.values]
    if sum(map(characters, columns)) > MOST_CHARACTERS:
        count = rows_that_fit(columns, MOST_CHARACTERS)
        columns = [column[:count] for column in columns]
    rows = list(map(list, zip(*columns, strict=True)))
    return {
        "columns": [{"name": clean(n, 500), "type": clean(t, 500)} for n, t in table.columns],
        "rows": rows,
        "total_rows": table.total,
        "shown_rows": len(rows),
    }


def _shown(total: int, columns: int, max_rows: int) -> int:
    return min(total, max_rows, max(1, MOST_CELLS // max(1, columns)))


def _polars(pl: Any, obj: Any, max_rows: int) -> Table | str | None:
    if isinstance(obj, pl.LazyFrame):
        return f"LazyFrame, not collected. Its plan:\n{obj.explain(optimized=False)}"
    frame = obj.to_frame() if isinstance(obj, pl.Series) else obj
    if not isinstance(frame, pl.DataFrame):
        return None
    columns = [(name, str(kind)) for name, kind in frame.schema.items()]
    shown = _shown(frame.height, frame.width, max_rows)
    return Table(columns, [column.to_list() for column in frame.head(shown).get_columns()], frame.height)


def _pandas(pd: Any, obj: Any, max_rows: int) -> Table | None:
    frame = obj.to_frame() if isinstance(obj, pd.Series) else obj
    if not isinstance(frame, pd.DataFrame):
        return None
    columns = [(str(name), str(kind)) for name, kind in zip(frame.columns, frame.dtypes, strict=True)]
    head = frame.head(_shown(len(frame), len(columns), max_rows))
    values = [head.iloc[:, place].tolist() for place in range(len(columns))]
    if not _is_default_index(pd, frame.index):
        levels = [frame.index.get_level_values(n) for n in range(frame.index.nlevels)]
        names = [str(level.name) if level.name is not None else "index" for level in levels]
        columns = [*((n, str(lv.dtype)) for n, lv in zip(names, levels, strict=True)), *columns]
        values = [*(level[: len(head)].tolist() for level in levels), *values]
    return Table(columns, values, len(frame))


def _is_default_index(pd: Any, index: Any) -> bool:
    plain = isinstance(index, pd.RangeIndex) and index.name is None
    return bool(plain and index.start == 0 and index.step == 1)


def _arrow(pa: Any, obj: Any, max_rows: int) -> Table | None:
    if not isinstance(obj, (pa.Table, pa.RecordBatch)):
        return None
    columns = [(field.name, str(field.type)) for field in obj.schema]
    head = obj.slice(0, _shown(obj.num_rows, len(columns), max_rows))
    values = [_arrow_values(column) for column in head.columns]
    return Table(columns, values, obj.num_rows)


def _arrow_values(column: Any) -> list[Any]:
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):  # nanoseconds that no datetime can hold
        cast: Callable[[str], Any] = column.cast
        return list(cast("string").to_pylist())
