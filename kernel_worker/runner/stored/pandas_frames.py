"""pandas frames, series and indexes as Parquet, through Arrow: only where they come back as they were."""

from __future__ import annotations

import math
import warnings
from typing import Any

from kernel_worker.runner.spool import path_of, writing
from kernel_worker.runner.stored.faults import DoesNotFit

TRIAL_ROWS = 100
MOST_OBJECT_COLUMNS = 100
VALUE = "value"


def write_pandas(obj: Any, fd: int) -> dict[str, Any]:
    """Write to the file; what Parquet does not keep is in the meta.

    Raises:
        DoesNotFit: mixed or nested objects, names that are no unique strings, types that change.
    """
    import pandas as pd

    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise DoesNotFit("pyarrow is not installed") from None
    frame, meta = _as_frame(pd, obj)
    _check_names(pd, frame)
    try:
        table = pa.Table.from_pandas(frame)
        meta["objects"] = _objects(pa, frame, table)
        if len(meta["objects"]) > MOST_OBJECT_COLUMNS:
            raise DoesNotFit("it has many columns of objects")
        _try(pd, pa, frame.head(TRIAL_ROWS), meta)
        with writing(fd) as file:
            pq.write_table(table, file)
    except (pa.ArrowException, ValueError, TypeError, OverflowError, AssertionError) as error:
        raise DoesNotFit(str(error)) from None
    return meta


def _as_frame(pd: Any, obj: Any) -> tuple[Any, dict[str, Any]]:
    if isinstance(obj, pd.Index):
        return pd.DataFrame(index=obj), {"freq": _freq(obj)}
    if obj.attrs:
        raise DoesNotFit("its attrs may hold anything")
    meta: dict[str, Any] = {"freq": _freq(obj.index)}
    if isinstance(obj, pd.DataFrame):
        return obj, meta
    if type(obj.name) not in {str, int, type(None)}:
        raise DoesNotFit("its name is no string")
    return obj.to_frame(VALUE), {**meta, "name": obj.name}


def _freq(index: Any) -> str | None:
    found = getattr(index, "freqstr", None)
    return found if isinstance(found, str) and hasattr(index, "inferred_freq") else None


def _check_names(pd: Any, frame: Any) -> None:
    if isinstance(frame.columns, pd.MultiIndex) or frame.columns.name is not None:
        raise DoesNotFit("its columns have levels or a name")
    names = [*frame.columns, *(name for name in frame.index.names if name is not None)]
    if not all(type(name) is str for name in names) or len(set(names)) != len(names):
        raise DoesNotFit("its names are no unique strings")


def _objects(pa: Any, frame: Any, table: Any) -> dict[str, str]:
    """Columns of objects, and what stands for a missing value in each: ``None``, ``nan``, or "" for neither.

    Only texts, dates and decimals come back from Arrow as the objects they were.
    """
    levels = [frame.index.get_level_values(n) for n in range(frame.index.nlevels)]
    if any(str(level.dtype) == "object" and level.hasnans for level in levels):
        raise DoesNotFit("its index holds missing objects")
    found = {}
    for name, dtype in frame.dtypes.items():
        if str(dtype) != "object":
            continue
        kind = table.schema.field(name).type
        if not any(
            check(kind)
            for check in (
                pa.types.is_string,
                pa.types.is_large_string,
                pa.types.is_date32,
                pa.types.is_decimal,
            )
        ):
            raise DoesNotFit(f"the objects of column {name!r} would not come back as they were")
        missing = set(map(_missing, frame[name][frame[name].isna()]))
        if len(missing) > 1 or "other" in missing:
            raise DoesNotFit(f"column {name!r} has several kinds of missing values")
        found[name] = missing.pop() if missing else ""
    return found


def _missing(value: Any) -> str:
    if value is None:
        return "None"
    return "nan" if type(value) is float and math.isnan(value) else "other"


def _try(pd: Any, pa: Any, head: Any, meta: dict[str, Any]) -> None:
    """Whether a few rows come back as they were."""
    import pyarrow.parquet as pq

    file = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(head), file)
    back = _restored(pq.read_table(pa.BufferReader(file.getvalue())), {**meta, "freq": None})
    pd.testing.assert_frame_equal(back, head, check_freq=False)


def _restored(table: Any, meta: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = table.to_pandas()
    for name, missing in (meta.get("objects") or {}).items():
        column = frame[name].astype(object)
        frame[name] = column.where(column.notna(), None if missing == "None" else float("nan"))
    if meta.get("freq"):
        frame.index.freq = meta["freq"]
    return frame


def read_pandas(kind: str, fd: int, meta: dict[str, Any]) -> Any:
    """A frame, series or index as ``kind`` says."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path_of(fd)) as file:
        frame = _restored(file.read(), meta)
    if kind == "pandas.Index":
        return frame.index
    if kind == "pandas.Series":
        return frame[VALUE].rename(meta.get("name"))
    return frame
