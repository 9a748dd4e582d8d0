"""Polars frames and series as Parquet."""

from __future__ import annotations

import functools
import io
from typing import Any

from kernel_worker.runner.spool import path_of, writing
from kernel_worker.runner.stored.faults import DoesNotFit

TRIAL_ROWS = 100


def write_polars(obj: Any, fd: int) -> dict[str, Any]:
    """Write a DataFrame, a Series, or what a LazyFrame yields, streamed. No meta but the kind.

    Raises:
        DoesNotFit: a column of Python objects, or a type that does not come back from Parquet.
    """
    import polars as pl

    if isinstance(obj, pl.LazyFrame):
        _try(pl.DataFrame(schema=obj.collect_schema()))
        put(obj, fd)
        return {}
    frame = obj.to_frame() if isinstance(obj, pl.Series) else obj
    _try(frame.head(TRIAL_ROWS))
    put(frame, fd)
    return {}


def put(frame: Any, fd: int) -> None:
    """Write a DataFrame, or stream what a LazyFrame yields. A file ``by_path`` where it ``sinks_by_path``."""
    import polars as pl

    if isinstance(frame, pl.LazyFrame) and sinks_by_path():
        frame.sink_parquet(path_of(fd))
        return
    with writing(fd) as file:
        if isinstance(frame, pl.LazyFrame):
            frame.sink_parquet(file)
        else:
            frame.write_parquet(file)


@functools.cache
def sinks_by_path() -> bool:
    """Whether this Polars streams to files that it opens itself alone, as older ones do."""
    import polars as pl

    try:
        pl.LazyFrame({"x": [0]}).sink_parquet(io.BytesIO())
    except TypeError:
        return True
    return False


def _try(head: Any) -> None:
    """Whether a few rows come back as they were."""
    import polars as pl

    objects = object_columns(head.schema)
    if objects:
        raise DoesNotFit(objects)
    file = io.BytesIO()
    try:
        head.write_parquet(file)
        file.seek(0)
        back = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DoesNotFit(str(error)) from None
    if back.schema != head.schema or not back.equals(head):
        raise DoesNotFit("a column has a type that does not come back from Parquet as it was")


def object_columns(schema: Any) -> str:
    """A sentence that names the columns of Python objects; "" where there are none."""
    import polars as pl

    names = [name for name, kind in schema.items() if kind == pl.Object]
    if not names:
        return ""
    shown = ", ".join(repr(name) for name in names[:10])
    return f"Parquet holds no Python objects (pl.Object), and these columns do: {shown}"


def scan(path: str) -> Any:
    """A LazyFrame over one file. The path is taken as it stands."""
    import polars as pl

    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def read_polars(kind: str, path: str) -> Any:
    """A frame as ``kind`` says; a LazyFrame reads the file by ``path`` when it is collected."""
    import polars as pl

    if kind == "polars.LazyFrame":
        return scan(path)
    frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
    return frame.to_series() if kind == "polars.Series" else frame
