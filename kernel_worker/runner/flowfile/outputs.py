"""What a node writes for those after it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from broker_config.wire.flows import Column, PublishOutput
from kernel_worker.runner.flowfile.arguments import name_of
from kernel_worker.runner.flowfile.session import Session, session
from kernel_worker.runner.flowfile.showing import display
from kernel_worker.runner.flowfile.telling import tell
from kernel_worker.runner.previews.outputs import output_preview
from kernel_worker.runner.spool import Spool, path_of, written

if TYPE_CHECKING:
    import polars as pl

PREVIEW_ROWS = 1_000
LONGEST_TYPE = 500


def publish_output(df: Any, name: str = "main") -> None:
    """Write a frame for the nodes after this one.

    A LazyFrame is streamed to a file and never held whole. The file is stored while the cell goes on; the
    cell has succeeded only when it is. Twice under one name in one run: the last counts, with a warning.
    Outside of a saved flow a preview is shown and nothing is written.

    Args:
        df: a Polars LazyFrame or DataFrame, a pandas DataFrame (levels of its index that have names become
            columns, others are left) or an Arrow table.
        name: the output's name; 1 to 200 characters, no control characters, no ``/``, ``\\``, ``::``.

    Raises:
        TypeError: no frame, or columns of Python objects; the message names them.
        ValueError: not a name, or pandas columns of one name.
        OSError: the kernel's disk is full.

    Example:
        flowfile.publish_output(df.filter(pl.col("amount") > 100))
        flowfile.publish_output(summary, name="summary")
    """
    named = name_of(name, "an output's name")
    frame = _as_polars(df)
    here = session()
    fd, rows, schema = _write(frame, here.spool, named)
    try:
        columns = [Column(n, str(kind)[:LONGEST_TYPE]) for n, kind in schema.items()]
        preview = output_preview(frame, path_of(fd), rows)
        answer = here.calls.ask(PublishOutput(named, rows, columns, preview), [fd]).data
        if not answer.get("saved", True):
            _show(here, fd, named, rows)
        elif answer.get("replaced"):
            tell(f"the output {named!r} was published before in this run: the last one counts")
    finally:
        os.close(fd)


def _as_polars(df: Any) -> Any:
    import polars as pl

    if isinstance(df, (pl.LazyFrame, pl.DataFrame)):
        return df
    pd: Any = sys.modules.get("pandas")
    if pd is not None and isinstance(df, pd.DataFrame):
        return _from_pandas(pl, df)
    pa: Any = sys.modules.get("pyarrow")
    if pa is not None and isinstance(df, pa.Table):
        return pl.from_arrow(df)
    raise TypeError(
        "publish_output takes a Polars LazyFrame or DataFrame, a pandas DataFrame or an Arrow table, not "
        f"{type(df).__qualname__}"
    )


def _from_pandas(pl: Any, df: Any) -> Any:
    named = [level for level in df.index.names if level is not None]
    flat = df.reset_index(level=named) if named else df
    names = [str(name) for name in flat.columns]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"several columns have one name: {', '.join(map(repr, twice[:10]))}")
    frame: dict[str, Any] = {}
    for place, name in enumerate(names):
        column = flat.iloc[:, place]
        try:
            frame[name] = pl.from_pandas(column)
        except Exception as error:  # pyarrow's, which has many
            raise TypeError(
                f"column {name!r} of type {column.dtype} cannot be written as a table: {error}. "
                "Cast it or leave it out"
            ) from None
    return pl.DataFrame(frame)


def _write(frame: Any, spool: Spool, name: str) -> tuple[int, int, Any]:
    """Write a file; a descriptor that reads it, how many rows it has, and its schema."""
    import polars as pl

    from kernel_worker.runner.stored.polars_frames import object_columns, sinks_by_path

    lazy = isinstance(frame, pl.LazyFrame)
    schema = frame.collect_schema() if lazy else frame.schema
    objects = object_columns(schema)
    if objects:
        raise TypeError(f"the output {name!r} cannot be written: {objects}. Cast them or leave them out")
    fd = spool.new_file(by_path=lazy and sinks_by_path())
    try:
        _fill(frame, fd, name)
    except BaseException:
        os.close(fd)
        raise
    fd = written(fd)
    return (fd, *_found(fd)) if lazy else (fd, frame.height, schema)


def _fill(frame: Any, fd: int, name: str) -> None:
    import polars as pl

    from kernel_worker.runner.stored.polars_frames import put

    try:
        put(frame, fd)
    except (OSError, pl.exceptions.PolarsError) as error:
        from kernel_worker.runner.stored.faults import disk_full

        full = disk_full(error, f"the output {name!r}")
        if full is None:
            raise
        raise full from error


def _found(fd: int) -> tuple[int, Any]:
    """Rows and schema of what a LazyFrame yielded."""
    import polars as pl

    from kernel_worker.runner.stored.polars_frames import scan

    try:
        there = scan(path_of(fd))
        return int(there.select(pl.len()).collect().item()), there.collect_schema()
    except BaseException:
        os.close(fd)
        raise


def _show(here: Session, fd: int, name: str, rows: int) -> None:
    """Outside of a saved flow: what would have been written."""
    from kernel_worker.runner.stored.polars_frames import scan

    frame: pl.DataFrame = scan(path_of(fd)).head(PREVIEW_ROWS).collect()
    tell(
        f"nothing was written for the output {name!r}: this notebook is not a node of a saved flow. Shown is "
        f"what would be ({min(rows, PREVIEW_ROWS)} of {rows} rows)"
    )
    display(frame, title=f"{name}: not written")
